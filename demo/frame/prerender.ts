/** Texts in the markup itself: for readers without scripts, for crawlers and previews, and so that nothing moves. */

/** Text as markup has it. */
export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

/**
 * Fills the elements that are named in `data-string`, `data-label` and `data-placeholder`, as `fill` of the page does.
 * Throws where the page has no such text, which would be an empty place for everyone.
 */
export function prerender(html: string, strings: Readonly<Record<string, unknown>>, where: string): string {
  const text = (name: string): string => {
    const found = strings[name];
    if (typeof found !== 'string') throw new Error(`${where}: there is no text "${name}"`);
    return escape(found);
  };
  const attribute = (from: string, to: string) => (tag: string) =>
    tag.replace(
      new RegExp(`\\bdata-${from}="([^"]+)"`),
      (all, name: string) => `${all} ${to}="${text(name)}"`,
    );
  const label = attribute('label', 'aria-label');
  const placeholder = attribute('placeholder', 'placeholder');
  return html
    .replace(/<[a-z]\w*\s[^>]*\bdata-(?:label|placeholder)="[^>]*>/g, (tag) => label(placeholder(tag)))
    .replace(
      /(<[a-z]\w*\s[^>]*\bdata-string="([^"]+)"[^>]*>)\s*(?=<\/)/g,
      (_, tag: string, name: string) => `${tag}${text(name)}`,
    );
}
