/**
 * Texts as assets of their own, made in memory when they are asked for: served by the dev server, emitted by the build.
 * A module of the page imports the address and what the text is.
 */
import { type Plugin } from 'vite';

export interface TextAssets<Name extends string> {
  /** `corpus`: then `import { corpus } from 'virtual:corpus/NAME'`. */
  readonly kind: string;
  /** Of the files, without a dot. */
  readonly extension: string;
  readonly contentType: string;
  isName(name: string): name is Name;
  text(name: Name): Promise<string>;
  /** What the module tells besides the name and the address. */
  info(name: Name, text: string): object | Promise<object>;
}

export function textAssets<Name extends string>(assets: TextAssets<Name>): Plugin {
  const { kind, extension } = assets;
  const prefix = `virtual:${kind}/`;
  const path = new RegExp(`/@${kind}/([a-z]+)\\.${extension}(?:\\?.*)?$`);
  let serving = false;
  let base = '/';
  return {
    name: `heed:${kind}`,
    configResolved(config) {
      serving = config.command === 'serve';
      base = config.base.startsWith('/') ? config.base : '/';
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = path.exec(request.url ?? '')?.[1];
        if (!name || !assets.isName(name)) return next();
        assets.text(name).then(
          (text) => {
            response.setHeader('Content-Type', assets.contentType);
            response.end(text);
          },
          (error: unknown) => next(error),
        );
      });
    },
    resolveId(id) {
      return id.startsWith(prefix) && assets.isName(id.slice(prefix.length)) ? `\0${id}` : undefined;
    },
    async load(id) {
      const name = id.startsWith(`\0${prefix}`) ? id.slice(prefix.length + 1) : '';
      if (!assets.isName(name)) return undefined;
      const text = await assets.text(name);
      let url = JSON.stringify(`${base}@${kind}/${name}.${extension}`);
      if (!serving) {
        const asset = this.emitFile({ type: 'asset', name: `${name}.${extension}`, source: text });
        url = `import.meta.ROLLUP_FILE_URL_${asset}`;
      }
      const info = { name, ...(await assets.info(name, text)) };
      return `export const ${kind} = { ...${JSON.stringify(info)}, url: ${url} };`;
    },
  };
}
