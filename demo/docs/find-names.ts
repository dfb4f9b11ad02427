/** Shows of a page of the reference what has the words that are typed, in its name or its description. */
import type { PageView, SiteContext } from '../site/page';
import { finder, setText } from '../view/dom';
import { chinese } from './chinese';
import { english } from './english';

/** Call while the page is being entered. */
export function findNames(context: SiteContext): Required<Pick<PageView, 'say' | 'arrive'>> {
  const { address } = context;
  const byId = finder();
  const input = byId<HTMLInputElement>('find');
  const items = [...byId('items').querySelectorAll<HTMLElement>('[data-name]')];
  const groups = [...byId('items').querySelectorAll<HTMLElement>('section:not([data-name])')];
  const index = [...byId('items').parentElement!.querySelectorAll<HTMLElement>('#index [data-name]')];
  let texts: readonly string[] | null = null; // made once somebody types
  const show = (): void => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts ??= items.map((item) => item.textContent.toLowerCase());
    const found = new Set<string>();
    items.forEach((item, i) => {
      item.hidden = !words.every((word) => texts![i].includes(word));
      if (!item.hidden) found.add(item.dataset.name!);
    });
    for (const entry of index) entry.hidden = !found.has(entry.dataset.name!);
    for (const group of groups) group.hidden = !group.querySelector('[data-name]:not([hidden])');
    const strings = context.language === 'zh' ? chinese : english;
    const count = items.filter((item) => !item.hidden).length;
    setText(byId('found'), words.length > 0 ? strings.found(count, items.length) : '');
  };
  const arrive = (): void => {
    input.value = address.get('find') ?? '';
    if (input.value || texts) show();
  };
  input.addEventListener('input', () => {
    address.set({ find: input.value.trim() || null });
    show();
  });
  arrive();
  return { arrive, say: () => texts && show() };
}
