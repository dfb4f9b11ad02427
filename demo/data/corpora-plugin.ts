/**
 * `import { corpus } from 'virtual:corpus/english'` gives the address of a text to fetch and what it is. The text
 * itself is an asset of its own, made in memory: served by the dev server, emitted by the build.
 */
import { type Plugin } from 'vite';
import { CORPORA, corpusText, isCorpusName } from './corpora.ts';

const PREFIX = 'virtual:corpus/';
const PATH = /\/@corpus\/([a-z]+)\.txt(?:\?.*)?$/;

export function corpora(): Plugin {
  let serving = false;
  let base = '/';
  return {
    name: 'heed:corpora',
    configResolved(config) {
      serving = config.command === 'serve';
      base = config.base.startsWith('/') ? config.base : '/';
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = PATH.exec(request.url ?? '')?.[1];
        if (!name || !isCorpusName(name)) return next();
        corpusText(name).then(
          (text) => {
            response.setHeader('Content-Type', 'text/plain; charset=utf-8');
            response.end(text);
          },
          (error: unknown) => next(error),
        );
      });
    },
    resolveId(id) {
      return id.startsWith(PREFIX) && isCorpusName(id.slice(PREFIX.length)) ? `\0${id}` : undefined;
    },
    async load(id) {
      const name = id.startsWith(`\0${PREFIX}`) ? id.slice(PREFIX.length + 1) : '';
      if (!isCorpusName(name)) return undefined;
      const text = await corpusText(name);
      let url = JSON.stringify(`${base}@corpus/${name}.txt`);
      if (!serving) {
        const asset = this.emitFile({ type: 'asset', name: `${name}.txt`, source: text });
        url = `import.meta.ROLLUP_FILE_URL_${asset}`;
      }
      const info = { name, ...CORPORA[name], characters: [...text].length };
      return `export const corpus = { ...${JSON.stringify(info)}, url: ${url} };`;
    },
  };
}
