/**
 * The guides of docs/ and the reference as pages: their markup is made when it is asked for, served by the dev server and
 * built as that of other pages is, though no file holds it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Plugin } from 'vite';
import { escape } from '../frame/prerender.ts';
import { GUIDES } from '../site/guides.ts';
import { pageAt } from '../site/pages.ts';
import { guideMarkup } from './markdown.ts';
import { reference } from './reference/reference.ts';

const docs = new URL('../../docs/', import.meta.url);
const pictures = new URL('pictures/', docs);
const folder = fileURLToPath(new URL('.', import.meta.url));
const PAGE = /^(|[a-z/-]+\/)index\.html$/;

/** The guides, and the reference behind them. */
function list(): string {
  const guides = GUIDES.map(({ name, title, description }) => ({ path: `${name}/`, title, description }));
  const { heading: title, description } = pageAt('docs/reference/')!;
  const rows = [...guides, { path: 'reference/', title, description }].map(
    (one) =>
      `<li><a href="./${one.path}">${escape(one.title.en)}</a> <span>${escape(one.description.en)}</span></li>`,
  );
  return `<ul class="guides">${rows.join('')}</ul>`;
}

/** What stands on a page below docs/; undefined where there is none. */
async function bodyOf(path: string): Promise<string | undefined> {
  if (path === '') return list();
  const guide = GUIDES.find(({ name }) => path === `${name}/`);
  if (!guide && !/^reference\//.test(path)) return undefined;
  const { names, pages } = await reference();
  return guide
    ? guideMarkup(readFileSync(new URL(`${guide.name}.md`, docs), 'utf8'), names)
    : pages.get(path);
}

/** A page's markup; undefined where there is none at this path below docs/. */
async function pageOf(path: string): Promise<string | undefined> {
  const body = await bodyOf(path);
  if (body === undefined) return undefined;
  const sheets = path.startsWith('reference/') ? ['docs', 'reference'] : ['docs'];
  const kind = path.startsWith('reference/') ? 'guide reference' : 'guide';
  return `<!doctype html>
<html lang="en">
  <head>
    <!-- frame: head -->
    ${sheets.map((name) => `<link rel="stylesheet" href="/style/${name}.css" />`).join('\n    ')}
    <script type="module" src="/docs/enter.ts"></script>
  </head>
  <body>
    <!-- frame: header -->
    <main>
      <!-- frame: title -->
      <article class="${kind}" lang="en">${body}</article>
      <!-- frame: next -->
    </main>
    <!-- frame: footer -->
  </body>
</html>
`;
}

export function guides(): Plugin {
  const named = (id: string): RegExpExecArray | null =>
    id.startsWith(folder) ? PAGE.exec(id.slice(folder.length)) : null;
  return {
    name: 'heed:guides',
    enforce: 'pre',
    // What is bundled takes as long as the reference: neither waits for the other.
    buildStart() {
      if (this.environment.mode === 'build') reference().catch(() => undefined); // told where it is needed
    },
    resolveId: (id) => (named(id) ? id : undefined),
    load(id) {
      const found = named(id);
      return found ? pageOf(found[1]) : undefined;
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const url = (request.url ?? '').replace(/\?.*/, '');
        const picture = /^\/docs\/pictures\/([\w-]+\.svg)$/.exec(url)?.[1];
        if (picture) {
          response.setHeader('Content-Type', 'image/svg+xml');
          return response.end(readFileSync(new URL(picture, pictures)));
        }
        const path = /^\/docs\/(|[a-z/-]+\/)(?:index\.html)?$/.exec(url)?.[1];
        if (path === undefined) return next();
        const serve = async (): Promise<void> => {
          const html = await pageOf(path);
          if (html === undefined) return next();
          const page = await server.transformIndexHtml(url.replace(/\/$/, '/index.html'), html);
          response.setHeader('Content-Type', 'text/html; charset=utf-8');
          response.end(page);
        };
        serve().catch(next);
      });
    },
    generateBundle() {
      for (const file of readdirSync(pictures)) {
        const source = readFileSync(new URL(file, pictures));
        this.emitFile({ type: 'asset', fileName: `docs/pictures/${file}`, source });
      }
    },
  };
}
