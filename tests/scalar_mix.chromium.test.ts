// A mix of layers: its numbers and gradients as in float64, and a head that learns above a body that stays as it was.
import { expect, it } from 'vitest';
import { Graph, multiply, ParameterStore, ScalarMix, sum, type Device } from '../engine/index';
import { load, type ModelFolder } from '../models/index';
import { bertModel } from '../models/families/bert';
import { learnAbove } from './docs/mixed';
import { withDevice } from './harness/device';
import { Random } from './harness/op';
import { taskFolder } from './models/finetune_folder';
import { contents, folderOf } from './models/folders';
import { gradientsOf } from './models/parity';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

it('is γ Σ softmax(w) h, with its gradients', async () => {
  const [L, N] = [3, 2 * 5 * 7];
  const random = new Random(1);
  const normal = (n: number) => Float32Array.from({ length: n }, () => random.normal());
  const [layers, dy, w, gamma] = [Array.from({ length: L }, () => normal(N)), normal(N), normal(L), 1.7];
  const module = { mix: new ScalarMix(L) };
  using store = new ParameterStore(device, module);
  store.write('mix.weights', w);
  store.write('mix.scale', Float32Array.of(gamma));
  const inputs = Object.fromEntries(layers.map((h, l) => [`h${l}`, h]));
  const mixed = (g: Graph) => {
    const given = layers.map((_, l) => g.input(`h${l}`, [2, 5, 7], 'f32'));
    return g.call(module, 'mix', given);
  };
  const g = new Graph(device);
  using plan = await g.compile({ y: mixed(g) });
  plan.run(inputs);
  const exps = [...w].map(Math.exp);
  const shares = exps.map((e) => e / exps.reduce((a, b) => a + b));
  (await plan.read('y')).forEach((y, i) =>
    expect(y).toBeCloseTo(gamma * shares.reduce((all, share, l) => all + share * layers[l][i], 0), 5),
  );
  const told = (g2: Graph) => sum(g2, multiply(g2, mixed(g2), g2.input('dy', [2, 5, 7], 'f32')));
  const { gradients } = await gradientsOf(store, told, { ...inputs, dy });
  const dots = layers.map((h) => h.reduce((all, x, i) => all + x * dy[i], 0));
  const mean = shares.reduce((all, share, l) => all + share * dots[l], 0);
  expect(gradients.get('mix.scale')![0]).toBeCloseTo(mean, 4);
  shares.forEach((share, l) =>
    expect(gradients.get('mix.weights')![l]).toBeCloseTo(gamma * share * (dots[l] - mean), 4),
  );
});

it('refuses other layers than it has', () => {
  expect(() => new ScalarMix(0)).toThrow('layers is 0');
  const module = { mix: new ScalarMix(2) };
  using _store = new ParameterStore(device, module);
  const g = new Graph(device);
  const h = g.input('h', [1, 2, 3], 'f32');
  expect(() => g.call(module, 'mix', [h])).toThrow('1 layers are given. It mixes 2');
  expect(() => g.call(module, 'mix', [h, g.input('other', [1, 2, 4], 'f32')])).toThrow(/\(1, 2, 4\)/);
});

it('learns above a body that stays as it was', async () => {
  const random = new Random(4);
  const fillers = 'the film is of and to in a'.split(' ');
  const texts = (count: number) =>
    Array.from({ length: count }, (_, row) => {
      const words = Array.from({ length: 4 }, () => fillers[random.below(fillers.length)]);
      return { text: [row % 2 ? 'good' : 'bad', ...words].join(' '), label: row % 2, row };
    });
  const folder = taskFolder('model');
  const { metrics, files } = await learnAbove(device, folder, ['no', 'yes'], {
    training: texts(96),
    held: texts(24),
  });
  expect(metrics.accuracy).toBeGreaterThan(0.85);
  const bodyOf = async (from: ModelFolder) => {
    using loaded = await load(from, { device, families: [bertModel], newHead: {} });
    return await loaded.store.readAll('weights');
  };
  const body = await bodyOf(folderOf(await contents(files)));
  const was = await bodyOf(folder);
  for (const [name, data] of body) if (!name.startsWith('pooler')) expect(data, name).toEqual(was.get(name));
});
