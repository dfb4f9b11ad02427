/** Guides in Markdown as markup of a page. For Node. */
import { Marked, type Tokens } from 'marked';
import { ADDRESSES } from '../site/pages.ts';
import { addressIn, type Names } from './reference/names.ts';
import { codeWord, type Find } from './reference/prose.ts';

/** Headings' ids as GitHub makes them, which links in the guides go by. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/<[^>]*>|[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** Where a guide's link leads on the site; null where it leads to code whose address is not known. */
function addressOf(href: string): string | null {
  if (/^(https?:|#)/.test(href)) return href;
  const guide = /^([\w-]+)\.md(#.*)?$/.exec(href);
  if (guide) return `../${guide[1]}/${guide[2] ?? ''}`;
  if (href === '../demo/docs/reference') return '../reference/';
  if (href.startsWith('../') && ADDRESSES.code) return `${ADDRESSES.code}/blob/main/${href.slice(3)}`;
  return null;
}

/** The body of a guide, without its title, which the page has. Code words that `names` knows lead to the reference. */
export function guideMarkup(markdown: string, names: Names): string {
  const find: Find = (code) => {
    const found = names.find(code);
    return found && addressIn('../reference/', found);
  };
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const inner = this.parser.parseInline(tokens).replace(/<\/?a\b[^>]*>/g, '');
        return `<h${depth} id="${slug(inner)}">${inner}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link): string {
        const inner = this.parser.parseInline(tokens).replace(/<\/?a\b[^>]*>/g, ''); // no link in a link
        const address = addressOf(href);
        return address === null ? inner : `<a href="${address}">${inner}</a>`;
      },
      codespan: ({ text }: Tokens.Codespan): string => codeWord(text, find),
      image({ href, text }: Tokens.Image): string {
        return `<img src="../${href}" alt="${text}" loading="lazy" vite-ignore />`;
      },
      code({ text }: Tokens.Code): string {
        const escaped = text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]!);
        return `<pre tabindex="0"><code>${escaped}</code></pre>\n`;
      },
      html: () => '', // comments
    },
  });
  const body = marked.parse(markdown.replace(/^# .*\n/, ''), { async: false });
  return body
    .replace(/<th><\/th>/g, '<td></td>') // a corner heads nothing
    .replace(/<table>/g, '<div class="scroll-x" tabindex="0"><table>')
    .replace(/<\/table>/g, '</table></div>');
}
