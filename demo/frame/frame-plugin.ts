/**
 * The frame of the pages, put in where they say `<!-- frame: head -->`, `header`, `title`, `next` or `footer`, and what several pages
 * share (`transport`, `numbers`, `text`, `heads` and more: files beside this one; `transport for tag` where a page has several), before Vite reads them; and the texts of the whole, in English. Every page
 * gets a policy of what it may load: what is its own, and nothing else. Addresses of former times lead to where a page is.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport, type Plugin } from 'vite';
import { FRAME } from '../site/frame-strings.ts';
import { navigationStrings } from '../site/navigation.ts';
import { ADDRESSES, pageAt, PAGES, type SitePage } from '../site/pages.ts';
import { PARTS_OF_FRAME, rootFrom } from './markup.ts';
import { escape, prerender } from './prerender.ts';

const CODE = /<!-- code: ([\w/.-]+) -->/g;
const PLACE = /<!-- frame: ([\w-]+?)(?: for (\w+))? -->/g;
/** Attributes that have ids. */
const IDS = /\b(id|for|aria-(?:labelledby|describedby|controls))="([^"]+)"/g;

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

/** A page's own texts, in English. */
async function textsOf({ module }: SitePage): Promise<Record<string, unknown>> {
  const file = fileURLToPath(new URL(`../${module}/english.ts`, import.meta.url));
  const options = { configFile: false, logLevel: 'error' } as const;
  const imported = await runnerImport<{ english: Record<string, unknown> }>(file, options);
  return imported.module.english;
}

/** An example of ours, as an app writes it. */
function codeOf(file: string): string {
  const code = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
    .replaceAll(/'(?:\.\.\/)+engine\/index'/g, "'heed'")
    .replaceAll(/'(?:\.\.\/)+models\/index'/g, "'heed/models'")
    .replaceAll(/'(?:\.\.\/)+models\/(adapters|explain|finetune|graphs|items|tasks)\/index'/g, "'heed/$1'");
  return `<pre tabindex="0" role="region" data-label="codeLabel"><code>${escape(code.trim())}</code></pre>`;
}

const partFile = (part: string): URL => new URL(`./${part}.html`, import.meta.url);

/**
 * Parts may have parts. One that a page has several times is there for each by a name, which its ids begin with (see `within`) and
 * what stands in its fields ends with: 'paste for tag'.
 */
function filled(html: string, page: SitePage): string {
  return html.replace(PLACE, (_, part: string, owner: string | undefined) => {
    const make = PARTS_OF_FRAME[part];
    if (make) return make(page);
    if (!existsSync(partFile(part))) throw new Error(`${page.path}: the frame has no part "${part}"`);
    const whole = filled(readFileSync(partFile(part), 'utf8'), page);
    if (owner === undefined) return whole;
    const owned = whole.replace(IDS, (_, name: string, ids: string) => {
      const own = ids.split(' ').map((id) => `${owner}-${id}`);
      return `${name}="${own.join(' ')}"`;
    });
    return owned.replace(/\bdata-placeholder="([^"]+)"/g, `data-placeholder="$1 for ${owner}"`);
  });
}

async function whole(html: string, page: SitePage): Promise<string> {
  const framed = filled(html, page)
    .replace('<html lang="en">', `<html lang="en" data-root="${rootFrom(page)}">`)
    .replace(CODE, (_, file: string) => codeOf(file));
  const frame = {
    ...FRAME.en,
    ...navigationStrings('en'),
    heading: page.heading.en,
    description: page.description.en,
  };
  const own = await textsOf(page);
  const both = Object.keys(own).filter((name) => name in frame);
  if (both.length > 0) throw new Error(`${page.path || 'home'}: the frame has a text "${both[0]}", too`);
  const strings = { ...frame, ...own };
  return prerender(framed, strings, page.path || 'home');
}

/** Leads on to where the page is now. */
const movedTo = (path: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8" /><title>Heed</title>` +
  `<meta http-equiv="refresh" content="0; url=./${path}" /><link rel="icon" href="data:," /><link rel="canonical" href="./${path}" />` +
  `<p><a href="./${path}">This page has moved.</a></p></html>\n`;

export function frame(): Plugin {
  const moved = PAGES.filter(({ formerly }) => formerly);
  return {
    name: 'heed:frame',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const page = moved.find(({ formerly }) => request.url?.replace(/\?.*/, '') === `/${formerly}`);
        if (!page) return next();
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(movedTo(page.path));
      });
    },
    generateBundle() {
      if (ADDRESSES.site) {
        // Previews of links show it.
        const source = readFileSync(new URL('../home.png', import.meta.url));
        this.emitFile({ type: 'asset', fileName: 'preview.png', source });
      }
      for (const { formerly, path } of moved) {
        this.emitFile({ type: 'asset', fileName: formerly!, source: movedTo(path) });
      }
    },
    transformIndexHtml: {
      order: 'pre',
      async handler(html, { path, server }) {
        const page = pageAt(path.replace(/^\//, ''));
        if (!page) throw new Error(`${path} is not registered in demo/site/pages.ts`);
        const framed = await whole(html, page);
        const attrs = {
          'http-equiv': 'Content-Security-Policy',
          content: policy(framed, server !== undefined),
        };
        return { html: framed, tags: [{ tag: 'meta', attrs, injectTo: 'head-prepend' }] };
      },
    },
  };
}

/** The markup of all pages, for the build. */
export const pageFiles = (): string[] =>
  PAGES.map(({ path }) => fileURLToPath(new URL(`../${path}index.html`, import.meta.url)));
