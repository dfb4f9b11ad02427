import { element } from './dom';

/** What a model's card says, by what it is about. */
const ABOUT = ['data', 'licence', 'training', 'adapter', 'scores'] as const;

export type CardFacts = Readonly<Record<(typeof ABOUT)[number], string>>;

/** Draws what a card says; `names` are in the language of the page. */
export function drawCard(host: HTMLElement, card: CardFacts, names: Readonly<Record<string, string>>): void {
  host.replaceChildren(
    ...ABOUT.filter((name) => card[name]).flatMap((name) => [
      element('dt', {}, names[name]),
      element('dd', { lang: 'en' }, card[name]),
    ]),
  );
}
