import { testOp } from '../../../tests/harness/op';
import { feature, host } from '../../../tests/harness/host';
import {
  gradientOf,
  inputsOf,
  opOf,
  PLAIN,
  referenceOf,
  STEP,
  type Specimen,
} from '../../../tests/attention/specimen';

// wgsl_reflect gives all lanes one lane's vector where a function returned it, and then takes it for an index: the gradients
// of biases on workgroup tiles write by such vectors. Both are checked on every adapter, and on the software rung for races.
const INTERPRETER = { races: false };
// Each variant takes lavapipe's compiler seconds: there, in Node and in Deno, the first case of each kind and one rung.
const lavapipe = feature('shader-f16') || host.name === 'deno';
const spec = (name: string, cases: readonly Partial<Specimen>[], { races = true } = {}): void => {
  const all = cases.map((c) => ({ ...PLAIN, ...c })) as Specimen[];
  test(name, lavapipe ? all.slice(0, 1) : all, 'software', true);
  // The workgroup tiles share everything but the tile files, and a software adapter is slow with them.
  if (!lavapipe && (races || host.gpu)) test(name, all.slice(0, 2), 'hardware', races);
};
const test = (
  name: string,
  cases: readonly Specimen[],
  rung: 'software' | 'hardware',
  races: boolean,
): void => {
  testOp<Specimen, ReturnType<typeof inputsOf>>(`attention with ${name} (${rung})`, {
    cases,
    rungs: [rung],
    races,
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
};

spec('windows', [
  { B: 2, T: 37, S: 37, causal: true, left: 17, right: 0 },
  { T: 5, S: 5, causal: true, left: 2, right: 0 },
  { T: 67, S: 67, left: 16, right: 5 },
  { T: 9, S: 40, left: 3, right: 20 },
  { B: 3, T: 35, S: 7, causal: true, left: 3, right: 0, keys: 'lengths' },
]);

spec('key masks', [
  { B: 2, T: 19, S: 33, causal: true, keys: 'mask', H: 4, G: 2 },
  { B: 2, T: 4, S: 6, keys: 'mask' },
]);

spec('soft-capped logits and a scale', [
  { T: 35, S: 35, causal: true, softcap: 5, scale: 1.5, H: 4, G: 1 },
  { T: 5, S: 5, softcap: 2, scale: 0.8 },
]);

spec('dropout', [
  { B: 2, T: 34, S: 34, causal: true, dropout: 0.1, H: 4, G: 2 },
  { T: 5, S: 7, dropout: 0.4 },
]);

spec(
  'dense biases',
  [
    { B: 2, T: 18, S: 21, bias: 'dense bht', causal: true, H: 4, G: 2 },
    { B: 3, T: 18, S: 35, bias: 'dense ht', keys: 'lengths' },
    { T: 3, S: 4, bias: 'dense bht' },
    { B: 2, T: 33, S: 17, bias: 'dense bh' },
    { B: 2, T: 17, S: 34, bias: 'dense h' },
    { B: 2, T: 5, S: 6, bias: 'dense' },
  ],
  INTERPRETER,
);

spec('biases by buckets', [
  { B: 2, T: 7, S: 20, bias: 'buckets', H: 3, G: 1, left: 9, right: 4 },
  { T: 4, S: 4, bias: 'buckets' },
  { B: 2, T: 35, S: 35, bias: 'buckets', causal: true, H: 4, G: 4, scale: 1 },
]);

spec('slopes', [
  { T: 19, S: 21, bias: 'slopes', causal: true },
  { T: 35, S: 37, bias: 'slopes', causal: true, H: 4, G: 2 },
  { T: 5, S: 5, bias: 'slopes' },
]);

spec('relative terms', [
  { B: 2, T: 9, S: 20, bias: 'relative', causal: true },
  { T: 3, S: 5, bias: 'relative', causal: true },
  { B: 2, T: 18, S: 20, bias: 'relative', keys: 'lengths' },
]);

spec('sparse patterns', [
  { B: 2, T: 67, S: 67, pattern: 'sparse transformer', causal: true },
  { T: 9, S: 9, pattern: 'sparse transformer' },
  { T: 11, S: 11, pattern: 'fixed', causal: true },
  { T: 35, S: 35, pattern: 'fixed', causal: true },
  { B: 2, T: 12, S: 12, pattern: 'longformer', keys: 'lengths' },
  { B: 2, T: 70, S: 70, pattern: 'longformer', keys: 'lengths' },
  { T: 13, S: 13, pattern: 'bigbird' },
  { T: 70, S: 70, pattern: 'bigbird', H: 4, G: 2 },
]);

// What models combine: Gemma 2, T5 and LongT5, BLOOM, Longformer, Transformer-XL; each with training's dropout.
spec(
  'the pairs that models use',
  [
    { B: 2, T: 18, S: 18, causal: true, left: 7, right: 0, softcap: 5, H: 4, G: 2, keys: 'lengths' },
    { B: 2, T: 18, S: 18, bias: 'buckets', scale: 1, keys: 'mask', dropout: 0.1 },
    { B: 2, T: 18, S: 18, bias: 'slopes', causal: true, keys: 'lengths', dropout: 0.1 },
    { B: 2, T: 18, S: 18, pattern: 'longformer', keys: 'mask', dropout: 0.1 },
    { B: 2, T: 10, S: 20, bias: 'relative', causal: true, dropout: 0.1 },
    { B: 2, T: 18, S: 18, D: 8, bias: 'dense bht', pattern: 'bigbird', H: 4, G: 4 },
    { B: 1, T: 20, S: 20, D: 3, bias: 'dense ht', causal: true, softcap: 4, dropout: 0.2 },
  ],
  INTERPRETER,
);
