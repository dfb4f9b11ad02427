/**
 * What pages of the demo have in common, put in where they say `<!-- frame: head -->`, `<!-- frame: masthead -->` or
 * `<!-- frame: transport -->` (what starts, stops and follows a training) before Vite reads them. The link to the page
 * itself is marked as current. Every page gets a policy of what it may load: what is its own, and nothing else.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Plugin } from 'vite';

const PLACE = /<!-- frame: (head|masthead|transport) -->/g;

/** A Content-Security-Policy. Vite's server puts styles into the page by script, and talks through a socket. */
function policy(html: string, served: boolean): string {
  const inline = Array.from(html.matchAll(/<script>([^]*?)<\/script>/g), ([, code]) => {
    return ` 'sha256-${createHash('sha256').update(code).digest('base64')}'`;
  });
  const sources = {
    'default-src': "'none'",
    'script-src': `'self'${inline.join('')}`,
    'worker-src': "'self'",
    'style-src': served ? "'self' 'unsafe-inline'" : "'self'",
    'connect-src': served ? "'self' ws:" : "'self'",
    'img-src': "'self' data:", // the icon
    'base-uri': "'none'",
    'form-action': "'none'",
  };
  return Object.entries(sources)
    .map((source) => source.join(' '))
    .join('; ');
}

export function frame(): Plugin {
  return {
    name: 'heed:frame',
    transformIndexHtml: {
      order: 'pre',
      handler(html, { path, server }) {
        const page = path.replace(/^.*\/(index\.html)?/, '');
        const whole = html.replace(PLACE, (_, part: string) =>
          readFileSync(new URL(`./${part}.html`, import.meta.url), 'utf8').replace(
            `href="./${page}"`,
            `href="./${page}" aria-current="page"`,
          ),
        );
        const attrs = {
          'http-equiv': 'Content-Security-Policy',
          content: policy(whole, server !== undefined),
        };
        return { html: whole, tags: [{ tag: 'meta', attrs, injectTo: 'head-prepend' }] };
      },
    },
  };
}
