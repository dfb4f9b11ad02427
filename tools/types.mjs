// Makes the declarations that tsc wrote to dist/types those of a package: relative imports get the extension that
// node16 and nodenext ask for, whatever names WebGPU's or disposable objects says where these are declared, and what no
// entry leads to goes. From version 6 on TypeScript declares WebGPU itself, and @webgpu/types would declare it twice: the
// package's own import #webgpu (package.json) is what the version at hand needs. Called by build.mjs.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import typescript from 'typescript';

/**
 * The file that a relative import of a declaration means, without `.d.ts`.
 *
 * @param {string} file @param {string} specifier @returns {string}
 * @throws {Error} where there is none
 */
function target(file, specifier) {
  const path = resolve(dirname(file), specifier.replace(/\.(ts|js)$/, ''));
  for (const found of [path, join(path, 'index')]) if (existsSync(`${found}.d.ts`)) return found;
  throw new Error(
    `${file}: imports ${specifier}, which has no declarations. Is it part of tsconfig.build.json?`,
  );
}

/**
 * One declaration file as it is published, and the files that it leads to.
 *
 * @param {string} file @param {string} text
 * @returns {{ text: string, imports: string[] }}
 */
export function publishable(file, text) {
  /** @type {string[]} */
  const imports = [];
  let resolved = '';
  let from = 0;
  for (const { fileName, pos } of typescript.preProcessFile(text).importedFiles) {
    if (!fileName.startsWith('.')) continue;
    const found = target(file, fileName);
    imports.push(`${found}.d.ts`);
    const path = relative(dirname(file), found).replaceAll('\\', '/');
    const begin = pos + 1; // after the quotation mark
    resolved += `${text.slice(from, begin)}${path.startsWith('.') ? path : `./${path}`}.js`;
    from = begin + fileName.length;
  }
  resolved += text.slice(from);
  const code = resolved.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const references = [
    /\bSymbol\.(dispose|asyncDispose)\b|\b(Async)?Disposable\b/.test(code) &&
      '/// <reference lib="esnext.disposable" />\n',
  ];
  const webgpu = /\bGPU\w*\b/.test(code) && "import type {} from '#webgpu';\n";
  return { text: [...references, webgpu].filter(Boolean).join('') + resolved, imports };
}

/**
 * @param {string} folder with the declarations
 * @param {readonly string[]} entries files that a package's exports name
 */
export function publishTypes(folder, entries) {
  const reached = new Set(entries.map((entry) => resolve(entry)));
  for (const file of reached) {
    const { text, imports } = publishable(file, readFileSync(file, 'utf8'));
    for (const imported of imports) reached.add(imported);
    writeFileSync(file, text);
  }
  for (const [name, text] of [
    ['webgpu.d.ts', '/// <reference types="@webgpu/types" />\nexport {};\n'],
    ['webgpu.dom.d.ts', '/// <reference lib="dom" />\nexport {};\n'],
  ]) {
    reached.add(resolve(folder, name));
    writeFileSync(join(folder, name), text);
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = resolve(folder, name);
    if (statSync(file).isFile() && !reached.has(file)) rmSync(file);
  }
}
