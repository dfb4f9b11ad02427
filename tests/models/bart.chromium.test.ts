// Parity of BART, mBART, Pegasus and M2M-100 with Hugging Face Transformers, see tests/fixtures/make_seq2seq.py.
import { afterAll, describe, expect, it } from 'vitest';
import { Device, Graph } from '../../engine/index';
import { bart, mbart } from '../../models/families/bart';
import { m2m100 } from '../../models/families/m2m_100';
import { pegasus } from '../../models/families/pegasus';
import about from '../fixtures/seq2seq-bart.json';
import { openTestGpu } from '../harness/host';
import { load } from '../../models/family/load';
import { fixtureOf } from './family_fixture';
import { numbersOf } from './family_parity';
import { checkpointOf, folderOf } from './folders';
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

it('layers are left out of training as often as asked for', async () => {
  const { weights, tensors, config } = fixtureOf(about, 'bart', 'seq2seq-bart.safetensors');
  const rates = { encoder_layerdrop: 0.4, decoder_layerdrop: 0.25 };
  const files = {
    'config.json': { ...config, ...rates },
    'model.safetensors': checkpointOf(await weights()),
  };
  using loaded = await load(folderOf(files), { device: await device(), families: [bart] });
  using _training = loaded.store.train();
  const expected = await tensors();
  const g = new Graph(await device(), { train: true });
  const names = ['source', 'lengths', 'target', 'labels'];
  const [source, lengths, target, labels] = names.map((name) =>
    g.input(name, expected.get(name)!.shape.slice(1), 'u32'),
  );
  const loss = loaded.model.loss(g, source, lengths, target, labels);
  g.backprop(loss);
  using plan = await g.compile({ loss });
  const first = names.map((name) => {
    const { data } = expected.get(name)!;
    return [name, numbersOf(data.slice(0, data.length / 10))] as const;
  });
  const inputs = Object.fromEntries(first);
  const layers = ['encoder.layers.0', 'decoder.layers.0', 'decoder.layers.1'];
  /** How many of all runs those layers stay in, and no others. */
  const share = ({ stay }: (typeof about.leavingOut)[number]): number =>
    stay.reduce((all, stays, layer) => {
      const out = layer === 0 ? rates.encoder_layerdrop : rates.decoder_layerdrop;
      return all * (stays ? 1 - out : out);
    }, 1);
  const runs = 120;
  const sums = layers.map((): ArrayLike<number> => new Float32Array(10_000));
  const counts = new Map<number, number>();
  for (let index = 0; index < runs; index++) {
    plan.run(inputs, { index, seed: 1 });
    const [got] = await plan.read('loss');
    const found = about.leavingOut.find((one) => Math.abs(got / one.loss - 1) < 2e-6);
    expect(found, `the loss ${got} of run ${index}`).toBeDefined();
    const { loss, stay } = found!;
    counts.set(loss, (counts.get(loss) ?? 0) + 1);
    for (const [i, name] of layers.entries()) {
      const gradient = await loaded.store.read(`${name}.feedForward.up.weight`, 'gradient'); // of all runs so far
      const learns = gradient.some((x, n) => x !== sums[i][n]);
      // Without a decoder's layer nothing reads what the encoder gives.
      expect(learns, `${name} where ${String(stay)} stay`).toBe(stay[i] && (i > 0 || stay[1] || stay[2]));
      sums[i] = gradient;
    }
  }
  for (const [loss, count] of counts) {
    const p = about.leavingOut.filter((one) => one.loss === loss).reduce((sum, one) => sum + share(one), 0);
    const bound = 4 * Math.sqrt(runs * p * (1 - p));
    expect(Math.abs(count - runs * p), `${loss} in ${count} runs`).toBeLessThan(bound);
  }
  expect(counts.size).toBe(7);
});
