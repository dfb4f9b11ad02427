import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Variables of loops that are written whole before they are read. */
const WRITTEN_WHOLE = new Set([
  'attention/bias/backward_bias.wgsl',
  'attention/bias/backward_buckets.wgsl',
  'attention/bias/backward_key_bias.wgsl',
  'attention/cache/reorder.wgsl',
  'attention/tile/backward_key.wgsl',
  'attention/tile/backward_query.wgsl',
  'attention/tile/forward.wgsl',
]);

/** Names of variables that a loop declares without a value. */
function valueless(code: string): string[] {
  const names: string[] = [];
  const blocks: boolean[] = []; // whether each open brace is in a loop
  let header = -1; // open parentheses of a loop's head; -1 outside one
  for (const [text, loop, name] of code
    .replace(/\/\/.*$/gm, '')
    .matchAll(/\b(for|while|loop)\b|[{}()]|\bvar\s+(\w+)\s*:[^;={}]+;/g)) {
    if (loop) header = 0;
    else if (text === '(' && header >= 0) header++;
    else if (text === ')' && header > 0) header--;
    else if (text === '{') {
      blocks.push(header === 0 || blocks.at(-1) === true);
      header = -1;
    } else if (text === '}') blocks.pop();
    else if (name && blocks.at(-1)) names.push(name);
  }
  return names;
}

it('finds variables that a loop declares without a value', () => {
  expect(
    valueless(
      'fn f() { var a: vec4f; for (var i = 0u; i < g(2u); i++) { if (i > 0u) { var b: X; } } var c: X; }',
    ),
  ).toEqual(['b']);
  expect(valueless('fn f() { loop { var a: X = X(); var b: array<f32, 4>; } }')).toEqual(['b']);
});

// WGSL makes them 0 in each turn; SwiftShader keeps what the turn before left.
it('no loop declares a variable without a value, unless it is written whole', () => {
  const root = new URL('../engine/shaders/', import.meta.url).pathname;
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.wgsl') && valueless(readFileSync(root + file, 'utf8')).length > 0,
  );
  expect(new Set(found)).toEqual(WRITTEN_WHOLE);
});
