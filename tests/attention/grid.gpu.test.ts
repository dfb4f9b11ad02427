/**
 * Attention over a grid of lengths: T and S from LENGTHS, both rungs, by `expectAccurate`; SwiftShader has f32, lavapipe f16. The
 * kinds of attention that share the plain kernels are walked over a third of the pairs, with widths in turns.
 * `HEED_GRID=turns npx vitest run --project dawn tests/attention/grid.gpu.test.ts` walks every kind over all pairs, all widths in
 * turns, in both types, and prints each kind's largest error as a multiple of plain attention's (half an hour);
 * `HEED_GRID=all` every kind at every width (hours).
 */
import { describe, it } from 'vitest';
import { expectAccurate, LENGTHS, NARROW, sequences, WIDTHS } from './accuracy';
import { PLAIN, type Specimen } from '../../checks/specimen';
import { withDevice } from '../harness/device';
import { compilesSlowly, feature } from '../harness/host';
import { as } from '../harness/op';
import { type Device } from '../../engine/index';

/** Told to the plain kernels by uniforms. */
const UNIFORM: Readonly<Record<string, Partial<Specimen>>> = {
  'all pairs': {},
  causal: { causal: true },
};

/** Told to the plain kernels by uniforms too: in f16, kinds take turns over the lengths. */
const SHARED: readonly Partial<Specimen>[] = [
  ...Object.values(UNIFORM),
  { keys: 'lengths' },
  { left: 40, right: 19 },
];
/** With kernels of their own: in f16 a few lengths each, one kind on the software rung, the other on the hardware's. */
const OWN: readonly Partial<Specimen>[] = [{ rope: 'halves' }, { bias: 'dense h', H: 2, G: 1 }];
const FEW = [1, 7, 65, 127, 256] as const;

const EVERY: Readonly<Record<string, Partial<Specimen>>> = {
  ...UNIFORM,
  lengths: { keys: 'lengths' },
  'causal window': { causal: true, left: 17, right: 0 },
  window: { left: 40, right: 19 },
  scale: { scale: 1 },
  'grouped queries': { H: 4, G: 2 },
  'multi-query': { H: 3, G: 1 },
  'key mask': { keys: 'mask' },
  softcap: { softcap: 5 },
  dropout: { dropout: 0.1 },
  'a bias for all': { bias: 'dense' },
  'a bias by head': { H: 2, G: 2, bias: 'dense h' },
  'a bias by pair': { H: 2, G: 2, bias: 'dense bht' },
  buckets: { H: 2, G: 2, bias: 'buckets' },
  slopes: { H: 2, G: 2, bias: 'slopes' },
  'rotary positions': { rope: 'halves' },
  'rotary positions, adjacent': { rope: 'adjacent', causal: true },
  'relative terms': { bias: 'relative' },
  'Sparse Transformer': { pattern: 'sparse transformer' },
  'fixed pattern': { pattern: 'fixed' },
  Longformer: { pattern: 'longformer' },
  BigBird: { pattern: 'bigbird' },
  // What models combine.
  'BERT, training': { keys: 'lengths', dropout: 0.1 },
  'GPT-2, training': { causal: true, dropout: 0.1 },
  Llama: { causal: true, H: 4, G: 2, keys: 'lengths', rope: 'halves' },
  Mistral: { causal: true, left: 100, right: 0, H: 4, G: 2, rope: 'halves' },
  'Gemma 2': { causal: true, left: 40, right: 0, softcap: 5, H: 2, G: 1, rope: 'halves' },
  'T5, encoder': { bias: 'buckets', scale: 1, keys: 'mask' },
  'T5, decoder': { bias: 'buckets', scale: 1, causal: true },
  BLOOM: { bias: 'slopes', causal: true, keys: 'lengths', H: 2, G: 2 },
  'Transformer-XL': { bias: 'relative', causal: true },
  'Longformer, padded': { pattern: 'longformer', keys: 'mask' },
  'BigBird, padded': { pattern: 'bigbird', keys: 'lengths' },
  'Sparse Transformer, causal': { pattern: 'sparse transformer', causal: true },
};

const asked = (import.meta.env as Readonly<Record<string, string | undefined>>)['HEED_GRID'];
// Compilers of software adapters take wide heads longest, lavapipe's above all.
const widths = asked ? WIDTHS : feature('shader-f16') ? NARROW.slice(0, 1) : NARROW.slice(0, 2);
let turn = 0; // goes on from kind to kind, so that each pair of lengths meets every width

const caseOf = (kind: Partial<Specimen>, T: number, S: number, D: number): Specimen => {
  const c: Specimen = { ...PLAIN, H: 1, G: 1, ...kind, T, S, D };
  // Of two sequences the second has no keys where there are lengths.
  return { ...c, B: Math.max(sequences(T, S), c.H * T * S * D < 2 ** 16 ? 2 : 1) };
};

/** Pairs of T and S: all that are asked for, else every third, others for the next kind; each length meets three. */
function* pairs(offset = 0): Generator<readonly [T: number, S: number]> {
  for (const [row, T] of LENGTHS.entries())
    for (const [column, S] of LENGTHS.entries()) if (asked || (row + column) % 3 === offset) yield [T, S];
}

function* walk(kind: Partial<Specimen>, offset: number): Generator<Specimen> {
  for (const [T, S] of pairs(offset % 3)) {
    for (const D of asked === 'all' ? widths : [widths[turn++ % widths.length]]) yield caseOf(kind, T, S, D);
  }
}

/** Kinds in turns, of the width that compiles soonest. */
function* inTurns(
  kinds: readonly Partial<Specimen>[],
  lengths: Iterable<readonly [number, number]>,
): Generator<Specimen> {
  let next = 0;
  for (const [T, S] of lengths) yield caseOf(kinds[next++ % kinds.length], T, S, NARROW[0]);
}

describe('attention over the grid of lengths and widths', () => {
  let device: Device;
  withDevice((opened) => (device = opened));

  type Rung = 'software' | 'hardware';
  const check = async (
    cases: Iterable<Specimen>,
    storage: 'f32' | 'f16',
    name?: string,
    rungsOf: (c: Specimen) => readonly Rung[] = () => ['software', 'hardware'],
  ): Promise<void> => {
    let most = 0;
    let count = 0;
    for (const c of cases) {
      const rungs = rungsOf(c).map((rung) => as(device, rung));
      most = Math.max(most, await expectAccurate(c, rungs, storage));
      count++;
    }
    if (name)
      console.info(`${name}, ${storage}: ${most.toFixed(2)} times at most in ${count} cases on both rungs`);
  };
  const title = (storage: string, name: string): string =>
    `errs at most 2.5 times as much as plain ${storage}: ${name}`;
  const timeout = 3_600_000;
  const missing = !feature('shader-f16');
  const inF16 = (name: string): string => title('f16', missing ? `${name} (needs shader-f16)` : name);

  for (const [i, [name, kind]] of Object.entries(asked ? EVERY : UNIFORM).entries()) {
    if (asked || !compilesSlowly)
      it(title('f32', name), { timeout }, () => check(walk(kind, i), 'f32', asked && name));
    if (!asked) continue;
    it.skipIf(missing)(inF16(name), { timeout }, () => check(walk(kind, i), 'f16', name));
  }
  if (!asked) {
    it.skipIf(missing)(inF16('kinds in turns'), { timeout }, () => check(inTurns(SHARED, pairs()), 'f16'));
    const few = FEW.flatMap((T) => FEW.map((S) => [T, S] as const));
    const onOneRung = ({ bias }: Specimen): readonly Rung[] => [bias === 'none' ? 'software' : 'hardware'];
    it.skipIf(missing)(inF16('a bias, and rotary positions'), { timeout }, () =>
      check(inTurns(OWN, few), 'f16', undefined, onOneRung),
    );
  }
});
