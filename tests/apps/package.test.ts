// The package as people install it: what is in it, its types under an app's own settings, its errors when minified, its
// command line. Whole apps are in run.mjs.
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build, transform } from 'esbuild';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install, root, tarball } from '../../tools/package.mjs';
import { testEnvironment } from '../../tools/vulkan.mjs';
import { writeExamples } from './examples.mjs';

const run = promisify(execFile);
const KB = 1000;
const folder = mkdtempSync(join(tmpdir(), 'heed-app-'));
const home = join(folder, 'node_modules/heed');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};
const entries = Object.keys(manifest.exports)
  .filter((key) => key !== './package.json')
  .map((key) => key.replace('.', 'heed'));
let bytes: Buffer<ArrayBuffer>;

beforeAll(() => {
  bytes = readFileSync(tarball());
  install(folder);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  it(
    'is what npm would publish: built, without demo, tests and sources, in 1,120 KB',
    { timeout: 60_000 },
    () => {
      const nowhere = ['--registry=http://127.0.0.1:1', '--fetch-retries=0']; // no registry is asked
      const told = execFileSync('npm', ['publish', '--dry-run', '--ignore-scripts', '--json', ...nowhere], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        shell: process.platform === 'win32',
      });
      interface Published {
        files: { path: string }[];
        name: string;
        version: string;
      }
      const answer = JSON.parse(told) as Published | { heed: Published };
      const { files, name, version } = 'heed' in answer ? answer.heed : answer; // by name from npm 11 on
      expect(`${name}@${version}`).toMatch(/^heed@\d+\.\d+\.\d+/);
      const paths = files.map((file) => file.path);
      expect(paths).toEqual(
        expect.arrayContaining(['cli/heed.mjs', 'dist/cli/main.js', 'CHANGELOG.md', 'LICENSE']),
      );
      const allowed = /^(dist\/(?!demo)|cli\/heed\.mjs|tools\/\w+\.mjs|package\.json|[A-Z]+(\.md)?$)/;
      expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
      expect(bytes.length).toBeLessThan(1120 * KB);
    },
  );

  it('says of each version what changed', () => {
    const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
    expect(readFileSync(join(home, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${version}`);
  });

  it('passes attw: every entry has its types in each way of resolving', { timeout: 120_000 }, async () => {
    const { types, ...found } = (await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)))) as {
      types: unknown;
      problems: { kind: string; entrypoint?: string; resolutionKind?: string }[];
      entrypoints: Record<string, unknown>;
    };
    expect(types).toBeTruthy();
    expect(Object.keys(found.entrypoints)).toEqual(expect.arrayContaining(Object.keys(manifest.exports)));
    // It has ES modules only, which require() takes from Node 20.19 on; node10 knows no exports.
    const expected = (kind: string, how?: string) => kind === 'CJSResolvesToESM' || how === 'node10';
    expect(found.problems.filter(({ kind, resolutionKind }) => !expected(kind, resolutionKind))).toEqual([]);
  });

  it('passes publint', { timeout: 60_000 }, async () => {
    const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });
});

describe('its types', () => {
  beforeAll(() => writeExamples(join(folder, 'examples')));

  const settings = {
    'bundler, as Vite writes it': {
      target: 'ES2022',
      lib: ['ES2022', 'DOM', 'DOM.Iterable'],
      module: 'ESNext',
      moduleResolution: 'bundler',
    },
    'nodenext, as tsc --init writes it': { target: 'esnext', module: 'nodenext' },
    node16: { target: 'es2022', module: 'node16' },
  };
  /** What tsc finds wrong with files of the app, whose declarations it checks, too. */
  const errorsOf = async (options: object, files: readonly string[]): Promise<string[]> => {
    const compilerOptions = { strict: true, noEmit: true, types: [], skipLibCheck: false, ...options };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: files }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch(
      (error: unknown) => error as { stdout: string },
    );
    return stdout.split('\n').filter((line) => line.includes('error'));
  };

  it.each(Object.entries(settings))(
    'let the examples compile: %s',
    { timeout: 120_000 },
    async (_, options) => {
      writeFileSync(
        join(folder, 'entries.ts'),
        `${entries.map((entry, i) => `export * as entry${i} from '${entry}';`).join('\n')}
      import { Device } from 'heed';
      export const wrong = () => Device.open({ gpu: 42 });
      export const right = (gpu: GPU) => Device.open({ gpu });
      export function disposes(device: Device): void { device[Symbol.dispose](); }\n`,
      );
      // `using` wants the library that declares it, whoever uses it; a page's `console` comes with the DOM.
      const errors = await errorsOf(options, ['entries.ts', 'examples']);
      expect(errors).toEqual([
        expect.stringMatching(/^entries\.ts\(\d+,\d+\): error TS2322: Type 'number'.*'GPU'/),
      ]);
    },
  );
});

describe('its code', () => {
  it('tells errors apart in a minified app', { timeout: 60_000 }, async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import * as heed from 'heed';
          const made = Object.entries(heed).filter(([name]) => /^[A-Z][A-Za-z]*Error$/.test(name));
          export const names = made.map(([name, Kind]) => [name, new Kind('here', 'wrong').name]);
          export const thrown = [];
          for (const act of [() => new heed.Parameter([0]), () => heed.characterTokenizer('')])
            try { act(); } catch (error) { thrown.push(String(error)); }`,
        resolveDir: folder,
      },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      platform: 'node',
    });
    const [{ text }] = outputFiles;
    const app = (await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as {
      names: [string, string][];
      thrown: string[];
    };
    expect(app.names.length).toBeGreaterThan(5);
    for (const [exported, name] of app.names) expect(name).toBe(exported);
    expect(app.thrown).toEqual([
      expect.stringMatching(/^ShapeError: /),
      expect.stringMatching(/^DataError: /),
    ]);
  });

  it('loads without a browser, as where pages are rendered on a server', async () => {
    const code = `for (const name of ['navigator', 'document', 'window', 'self', 'crypto']) delete globalThis[name];
      for (const entry of ${JSON.stringify(entries)}) console.log(Object.keys(await import(entry)).length);`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
    });
    expect(stderr).toBe('');
    expect(
      stdout
        .trim()
        .split('\n')
        .map(Number)
        .every((n) => n > 0),
    ).toBe(true);
  });

  it("takes Node's modules for the entry that says so, and nowhere else", () => {
    const files = readdirSync(join(home, 'dist'), { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => /^(?!cli\b).*\.js$/.test(name));
    const taking = files.filter((name) =>
      /(from|import\() ?['"](node:|__vite-browser)/.test(readFileSync(join(home, 'dist', name), 'utf8')),
    );
    expect(taking.sort()).toEqual(['models/node/folder_store.js', 'models/node/tuning_file.js']);
    const browsers = files.filter((name) => !/^(node\.js$|models\/node\/)/.test(name));
    for (const name of browsers)
      expect(readFileSync(join(home, 'dist', name), 'utf8'), name).not.toMatch(/from ["'][^"']*\/node[./]/);
  });

  it('asks for no syntax and no built-in that Safari 26, Firefox 141 or Chrome 121 lack', async () => {
    const files = readdirSync(join(home, 'dist'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^(?!cli\b).*\.js$/.test(name),
    );
    expect(files.length).toBeGreaterThan(100);
    for (const name of files) {
      const code = readFileSync(join(home, 'dist', name), 'utf8');
      const [given, lowered] = await Promise.all(
        ['esnext', 'es2022'].map((target) => transform(code, { target, minifyWhitespace: true })),
      );
      expect(given.code === lowered.code, `${name} has syntax newer than ES2022`).toBe(true);
      expect(
        [...given.code.matchAll(NEWER)].map(([call]) => call),
        name,
      ).toEqual([]);
    }
  });
});

/** Built-ins newer than the oldest browser with WebGPU, or that one of the three lacks; `Symbol.dispose` is brought. */
const NEWER = new RegExp(
  [
    'Array\\.fromAsync|Promise\\.(try|withResolvers)|(Object|Map)\\.groupBy|Iterator\\.|RegExp\\.escape|Error\\.isError',
    '(Async)?DisposableStack|SuppressedError\\(|(new|instanceof) Float16Array|Float16Array[.(]|Math\\.(f16round|sumPrecise)|Uint8Array\\.from(Base64|Hex)',
    '\\.(isWellFormed|toWellFormed|isSubsetOf|isSupersetOf|symmetricDifference|getOrInsert|transferToFixedLength)\\(',
    '\\.values\\(\\)\\.(map|filter|take|drop|toArray|reduce|some|every|find|flatMap|forEach)\\(',
    'requestIdleCallback|scheduler\\.(yield|postTask)|Atomics\\.(pause|waitAsync)|Temporal\\.|Intl\\.DurationFormat',
    '(Request|Response|Blob)\\.prototype\\.bytes|\\.(toBase64|toHex|setFromBase64)\\(|RawJSON|structuredClone\\.call',
  ].join('|'),
  'g',
);

describe('its command line', () => {
  const heed = join(home, 'cli/heed.mjs');
  const environment = { ...process.env, ...testEnvironment() };
  const command = (...args: string[]): Promise<{ stdout: string; stderr: string; code?: number }> =>
    run(process.execPath, [heed, ...args], { cwd: folder, env: environment }).catch(
      (error: unknown) => error as { stdout: string; stderr: string; code: number },
    );

  it('says which package it wants', { timeout: 60_000 }, async () => {
    const { code, stderr } = await command('--help');
    expect(code).toBe(1);
    expect(stderr).toMatch(/npm package webgpu, which is not installed\.\nRun npm install webgpu\./);
  });

  it('trains and translates once that is there', { timeout: 300_000 }, async () => {
    install(folder, ['webgpu']);
    expect(statSync(heed).mode & 0o111).not.toBe(0);
    const { stdout } = await command('--help');
    expect(stdout).toContain('translate');
    const pairs = Array.from({ length: 40 }, (_, i) => {
      const word =
        [i & 7, (i >> 2) & 7, (i * 3) & 7].map((letter) => 'abcdefgh'[letter]).join('') + 'xyz'[i % 3];
      return `${word}\t${[...word.toUpperCase()].join(' ')}\n`;
    });
    writeFileSync(join(folder, 'pairs.tsv'), pairs.join(''));
    const sizes = [
      '--tokens',
      '200',
      '--steps',
      '4',
      '--evaluate-every',
      '4',
      '--sample',
      '2',
      '--average',
      '1',
    ];
    const trained = await command('train', '--task', 'phonemes', '--data', 'pairs.tsv', ...sizes);
    expect(trained.code, trained.stderr).toBeUndefined();
    expect(trained.stderr).toMatch(/Finished at step 4/);
    const translated = await command(
      'translate',
      '--model',
      'heed-model.safetensors',
      '--beams',
      '2',
      'abcx',
    );
    expect(translated.code, translated.stderr).toBeUndefined();
    expect(translated.stdout).toMatch(/^[A-HXYZ |]*\n$/);
    const missing = await command('train', '--data', 'french', '--out', 'french');
    expect(missing.stderr).toMatch(/heed: --data: french cannot be made: .*is not installed: npm install/);
  });
});
