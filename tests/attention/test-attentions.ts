import { feature, host } from '../harness/host';
import { testOp } from '../harness/op';
import { gradientOf, inputsOf, opOf, PLAIN, referenceOf, STEP, type Specimen } from './specimen';

/**
 * For biases that have gradients. wgsl_reflect gives all lanes one lane's vector where a function returned it, and then
 * takes it for an index: those gradients on workgroup tiles write by such vectors. Both are checked on every adapter, and on
 * the software rung for races.
 */
export const INTERPRETER = { races: false };
// Each variant takes lavapipe's compiler seconds: there, in Node and in Deno, the first case of each kind and one rung.
const lavapipe = feature('shader-f16') || host.name === 'deno';

/** Attentions by `testOp` on both rungs: the cases differ from `PLAIN` by what they name. */
export function testAttentions(
  name: string,
  cases: readonly Partial<Specimen>[],
  { races = true } = {},
): void {
  const all = cases.map((c) => ({ ...PLAIN, ...c })) as Specimen[];
  testOn('software', name, lavapipe ? all.slice(0, 1) : all, true);
  // The workgroup tiles share everything but the tile files, and a software adapter is slow with them.
  if (!lavapipe && (races || host.gpu)) testOn('hardware', name, all.slice(0, 2), races);
}

function testOn(
  rung: 'software' | 'hardware',
  name: string,
  cases: readonly Specimen[],
  races: boolean,
): void {
  testOp<Specimen, ReturnType<typeof inputsOf>>(`attention with ${name} (${rung})`, {
    cases,
    rungs: [rung],
    races: races && { without: /^rope\./ }, // see rope.test.ts
    finiteDifferences: rung === 'software',
    dtypes: [feature('shader-f16') ? 'f16' : 'f32'],
    inputs: (c) => inputsOf(c),
    op: opOf,
    reference: (x, c) => referenceOf(x, c),
    gradient: (x, dy, c) => gradientOf(x, dy, c),
    step: STEP,
    terms: ({ B, T, S, H, D, bias }) =>
      D + Math.max(T, S) + (bias.startsWith('dense') ? B * H * T : bias === 'buckets' ? B * T * S : 0),
  });
}
