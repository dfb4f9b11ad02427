/** The package's sources, as TypeScript's compiler reads them, and which of their names are exported. For Node. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { REFERENCE, type ReferencePage } from '../../site/reference.ts';
import { Errors, resolved } from './errors.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where a name stands in the reference. */
export interface Place {
  readonly page: ReferencePage;
  readonly name: string;
}

/** A name that an entry exports. */
export interface Exported extends Place {
  readonly symbol: ts.Symbol;
  /** The place that describes it, where another entry exports the same thing. */
  readonly described: Place | null;
}

export interface Source {
  readonly checker: ts.TypeChecker;
  readonly exported: readonly Exported[];
  /** Where a symbol is described; undefined for what is not exported. */
  placeOf(symbol: ts.Symbol): Place | undefined;
  /** Types of ours that shown code names though no entry exports them, since it was last emptied. */
  readonly unexported: Set<ts.Symbol>;
  readonly errors: Errors;
}

/** The entries of package.json: what one imports from, and its source file. */
function entries(): Map<string, string> {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  const found = new Map<string, string>();
  for (const [path, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue; // package.json itself
    const source = target.types.replace('./dist/types/', root).replace(/\.d\.ts$/, '.ts');
    found.set(path.replace(/^\./, 'heed'), source);
  }
  return found;
}

/** A file's path from the root of the repository. */
export const pathOf = (file: ts.SourceFile): string => file.fileName.slice(root.length);

/** The page of a file among those of its entry: that of the longest path which it is, or lies under. */
function pageOf(entry: string, path: string): ReferencePage {
  const pages = REFERENCE.filter((page) => page.entry === entry);
  const depth = ({ files }: ReferencePage): number =>
    Math.max(-1, ...(files.length ? files : ['']).filter((f) => path.startsWith(f)).map((f) => f.length));
  const page = pages.reduce<ReferencePage | null>(
    (best, next) => (depth(next) > (best ? depth(best) : -1) ? next : best),
    null,
  );
  if (page) return page;
  throw new Error(`${entry} exports names of ${path}, which is on no page of demo/site/reference.ts`);
}

/** Reads every entry; takes seconds. */
export function readSource(): Source {
  const host: ts.ParseConfigFileHost = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const config = ts.getParsedCommandLineOfConfigFile(`${root}tsconfig.build.json`, {}, host)!;
  const files = entries();
  const options = { ...config.options, types: ['@webgpu/types'] };
  const compiler = ts.createCompilerHost(options);
  const read = compiler.readFile.bind(compiler);
  // Node's types are as long as all of our code, and no name here is one of them.
  compiler.readFile = (name) =>
    /\/node_modules\/(@types\/node|undici-types)\//.test(name) ? '' : read(name);
  const program = ts.createProgram([...files.values()], options, compiler);
  const checker = program.getTypeChecker();
  const places = new Map<ts.Symbol, Place>();
  const exported: Exported[] = [];
  for (const [entry, file] of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    for (const each of checker.getExportsOfModule(module)) {
      const symbol = resolved(checker, each);
      const page = pageOf(entry, pathOf(symbol.declarations![0].getSourceFile()));
      const described = places.get(symbol) ?? null;
      const place = { page, name: each.name };
      if (!described) places.set(symbol, place);
      exported.push({ ...place, symbol, described });
    }
  }
  const placeOf = (symbol: ts.Symbol): Place | undefined => places.get(symbol);
  return { checker, exported, placeOf, unexported: new Set(), errors: new Errors(checker) };
}
