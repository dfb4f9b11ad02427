import { describeOp, type DescribedOp, type Where } from './op';
import { gradientOf, inputsOf, opOf, PLAIN, referenceOf, STEP, type Specimen } from './specimen';

/**
 * For biases that have gradients. wgsl_reflect gives all lanes one lane's vector where a function returned it, and then
 * takes it for an index: those gradients on workgroup tiles write by such vectors. Both are checked on every adapter, and on
 * the software rung for races.
 */
export const INTERPRETER = { races: false };

/** One group of attentions on both rungs: the cases differ from `PLAIN` by what they name. */
export interface Attentions {
  readonly name: string;
  readonly cases: readonly Partial<Specimen>[];
  readonly races?: boolean;
}

/**
 * Their descriptions. Each variant takes lavapipe's compiler seconds: where compiling is slow, the first case of each kind
 * and one rung.
 */
export function attentions(
  { name, cases, races = true }: Attentions,
  { gpu, slow }: Pick<Where, 'gpu' | 'slow'>,
): DescribedOp[] {
  const all = cases.map((c) => ({ ...PLAIN, ...c })) as Specimen[];
  const software = on('software', name, slow ? all.slice(0, 1) : all, true);
  // The workgroup tiles share everything but the tile files, and a software adapter is slow with them.
  if (slow || (!races && !gpu)) return [software];
  return [software, on('hardware', name, all.slice(0, 2), races)];
}

function on(
  rung: 'software' | 'hardware',
  name: string,
  cases: readonly Specimen[],
  races: boolean,
): DescribedOp {
  return describeOp<Specimen, ReturnType<typeof inputsOf>>(`attention with ${name} (${rung})`, {
    cases,
    rungs: [rung],
    races: races && { without: /^rope\./ }, // see rope.test.ts
    finiteDifferences: rung === 'software',
    dtypes: 'either',
    inputs: (c) => inputsOf(c),
    op: opOf,
    reference: (x, c) => referenceOf(x, c),
    gradient: (x, dy, c) => gradientOf(x, dy, c),
    step: STEP,
    terms: ({ B, T, S, H, D, bias }) =>
      D + Math.max(T, S) + (bias.startsWith('dense') ? B * H * T : bias === 'buckets' ? B * T * S : 0),
  });
}
