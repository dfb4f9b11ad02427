import { expect, it } from 'vitest';
import { markPure } from '../../tools/shakeable-plugin.ts';

it('marks what is computed at the top of a module, and leaves the rest', () => {
  const code = [
    'const a = 2;',
    'const kernel = define({ wgsl: [...parts, `x${a}`] });',
    'class Plain extends Error { name = "Plain"; }',
    'class Keyed { [Symbol.dispose]() {} }',
    'function f() { return define(); }',
    'export { a, f };',
  ];
  expect(markPure(code.join('\n'), 'a.js').split('\n')).toEqual([
    code[0],
    'const kernel = /* @__PURE__ */ (() => (define({ wgsl: [...parts, `x${a}`] })))();',
    code[2],
    'const Keyed = /* @__PURE__ */ (() => { class Keyed { [Symbol.dispose]() {} } return Keyed; })();',
    ...code.slice(4),
  ]);
});

it('refuses what runs whenever the library is imported', () => {
  expect(() => markPure('globalThis.heed = 1;', 'a.js')).toThrow(
    /a\.js: "globalThis\.heed = 1;" runs whenever/,
  );
});
