/**
 * What pages of the demo have in common, put in where they say `<!-- frame: head -->`, `<!-- frame: masthead -->` or
 * `<!-- frame: transport -->` (what starts, stops and follows a training) before Vite reads them. The link to the page
 * itself is marked as current.
 */
import { readFileSync } from 'node:fs';
import { type Plugin } from 'vite';

const PLACE = /<!-- frame: (head|masthead|transport) -->/g;

export function frame(): Plugin {
  return {
    name: 'heed:frame',
    transformIndexHtml: {
      order: 'pre',
      handler(html, { path }) {
        const page = path.replace(/^.*\/(index\.html)?/, '');
        return html.replace(PLACE, (_, part: string) =>
          readFileSync(new URL(`./${part}.html`, import.meta.url), 'utf8').replace(
            `href="./${page}"`,
            `href="./${page}" aria-current="page"`,
          ),
        );
      },
    },
  };
}
