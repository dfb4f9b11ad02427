// Parity of BART, mBART, Pegasus and M2M-100 with Hugging Face Transformers, see tests/fixtures/make_seq2seq.py.
import { afterAll, describe } from 'vitest';
import { Device } from '../../engine/index';
import { bart, mbart } from '../../models/families/bart';
import { m2m100 } from '../../models/families/m2m_100';
import { pegasus } from '../../models/families/pegasus';
import about from '../fixtures/seq2seq-bart.json';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { expectDropping, seq2seqParity } from './seq2seq_parity';

let opened: Promise<Device> | null = null;
const device = (): Promise<Device> => (opened ??= Device.open({ gpu: openTestGpu() }));
afterAll(async () => (await device())[Symbol.dispose]());

const { B, S } = about.shape;

/** Of the encoder's rows those that are real. M2M-100 gives padding a position of its own, which no other row sees. */
function realRows(tensor: string, numbers: ArrayLike<number>): ArrayLike<number> {
  if (!tensor.includes('encoder')) return numbers;
  const each = numbers.length / B;
  const inRow = tensor.startsWith('hidden') ? each / S : S; // (B, S, C) or (B, H, S, S)
  return Array.from(numbers).filter(
    (_, i) => Math.floor(i / inRow) % S < about.lengths[Math.floor(i / each)],
  );
}

describe.each([
  ['bart', bart],
  ['mbart', mbart],
  ['pegasus', pegasus],
  ['m2m_100', m2m100],
] as const)('%s', (name, family) => {
  const fixture = { ...fixtureOf(about, name, 'seq2seq-bart.safetensors'), device };
  const compared = name === 'm2m_100' ? { compared: realRows } : {};
  seq2seqParity(family, { ...fixture, ...compared }, about.families[name].generated);
  if (name === 'bart') expectDropping(family, fixture, about.dropping.bart);
});
