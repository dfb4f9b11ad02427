/** Docstrings as markup. For Node. */
import { Marked, type Tokens } from 'marked';
import { escape } from '../../frame/prerender.ts';

/** The address that a code word leads to; null: none. */
export type Find = (code: string) => string | null;

/** A code word, a link where it has an address. */
export function codeWord(text: string, find: Find): string {
  const address = find(text);
  const code = `<code>${escape(text)}</code>`;
  return address === null ? code : `<a href="${address}">${code}</a>`;
}

/** Paragraphs, lists and code of a docstring. Stars and angle brackets are what formulas and types have, no markup. */
export function docMarkup(text: string, find: Find): string {
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      codespan: ({ text: code }: Tokens.Codespan): string => codeWord(code, find),
      em: ({ raw }: Tokens.Em): string => escape(raw),
      strong: ({ raw }: Tokens.Strong): string => escape(raw),
      del: ({ raw }: Tokens.Del): string => escape(raw),
      html: ({ raw }: Tokens.HTML | Tokens.Tag): string => escape(raw),
      heading: ({ raw }: Tokens.Heading): string => `<p>${escape(raw)}</p>`,
      code: ({ text: code }: Tokens.Code): string => `<pre class="code"><code>${escape(code)}</code></pre>`,
    },
  });
  return marked.parse(text, { async: false });
}

/** The first sentence, as text with code words. */
export function firstSentence(text: string): string {
  const [first] = /^.*?(?:\.(?=\s+[^a-z\d\s]|\s*$)|\n\n|$)/s.exec(text.replace(/\n(?!\n)/g, ' '))!;
  return docMarkup(first, () => null).replace(/^<p>|<\/p>\s*$/g, '');
}
