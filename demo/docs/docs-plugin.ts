/**
 * The guides of docs/ as pages: their markup is made when it is asked for, served by the dev server and built as that of
 * other pages is, though no file holds it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Plugin } from 'vite';
import { escape } from '../frame/prerender.ts';
import { GUIDES } from '../site/guides.ts';
import { guideMarkup } from './markdown.ts';

const docs = new URL('../../docs/', import.meta.url);
const pictures = new URL('pictures/', docs);
const folder = fileURLToPath(new URL('.', import.meta.url));
const PAGE = /^(?:([a-z-]+)\/)?index\.html$/;

const list = (): string =>
  `<ul class="guides">${GUIDES.map(
    ({ name, title, description }) =>
      `<li><a href="./${name}/">${escape(title.en)}</a> <span>${escape(description.en)}</span></li>`,
  ).join('')}</ul>`;

/** A page's markup; undefined where there is no such guide. */
function pageOf(name: string | undefined): string | undefined {
  if (name !== undefined && !GUIDES.some((guide) => guide.name === name)) return undefined;
  const body = name === undefined ? list() : guideMarkup(readFileSync(new URL(`${name}.md`, docs), 'utf8'));
  return `<!doctype html>
<html lang="en">
  <head>
    <!-- frame: head -->
    <link rel="stylesheet" href="/style/docs.css" />
    <script type="module" src="/docs/enter.ts"></script>
  </head>
  <body>
    <!-- frame: header -->
    <main>
      <!-- frame: title -->
      <article class="guide" lang="en">${body}</article>
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
        const found = /^\/docs\/(?:([a-z-]+)\/)?(?:index\.html)?$/.exec(url);
        const html = found && pageOf(found[1]);
        if (!html) return next();
        server.transformIndexHtml(url.replace(/\/$/, '/index.html'), html).then(
          (page) => {
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            response.end(page);
          },
          (error: unknown) => next(error),
        );
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
