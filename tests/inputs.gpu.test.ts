// What runs take and give: arrays of the right kind and count, all of them once, and nothing to read before.
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  crossEntropy,
  Device,
  eager,
  embedding,
  Graph,
  IGNORE_INDEX,
  Parameter,
  ParameterStore,
  relu,
  softmax,
  type Plan,
  type Tensor,
} from '../engine/index';
import { openTestGpu } from './harness/host';

let device: Device;
let plan: Plan;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  const g = new Graph(device, { label: 'two' });
  g.input('unused', [3], 'i32');
  g.input('ids', [2], 'u32', { below: 9 });
  plan = await g.compile({ y: relu(g, g.input('x', [2], 'f32')) });
});
afterAll(() => {
  plan[Symbol.dispose]();
  device[Symbol.dispose]();
});
const all = () => ({ x: Float32Array.of(-1, 2), ids: Uint32Array.of(1, 2), unused: Int32Array.of(1, 2, 3) });

it('eager takes floats and ids, by kind and count', async () => {
  const soft = (data: unknown) =>
    eager(device, { x: { shape: [4], data: data as Float32Array } }, (g, { x }) => softmax(g, x));
  for (const kind of [Int32Array, Float64Array, Uint8Array, BigInt64Array, Array]) {
    const data: unknown =
      kind === BigInt64Array ? new BigInt64Array(4) : (kind as typeof Array).of(1, 2, 3, 4);
    await expect(soft(data)).rejects.toThrow(
      `eager: x: it is given as ${kind.name}. Give a Float32Array or a Uint32Array.`,
    );
  }
  await expect(soft(Uint32Array.of(1, 2, 3, 4))).rejects.toThrow(/it computes with floats, and got u32/);
  await expect(soft(Float32Array.of(1, 2))).rejects.toThrow(
    'eager: input x is (4) f32, but got Float32Array of 2. Give a Float32Array of 4.',
  );
  const { data } = await soft(Float32Array.of(1, 2, 3, 4));
  [0.0320586, 0.08714432, 0.23688282, 0.64391426].forEach((want, i) => expect(data[i]).toBeCloseTo(want, 6));
});

it('a run refuses other kinds, counts and names, and wants every input once', async () => {
  await expect(plan.read('y')).rejects.toThrow('two: there is no y yet, as it has not run. Call run first.');
  const { x, ids, unused } = all();
  expect(() => plan.run({})).toThrow(
    'two: input unused, (3) i32, was never given. The first run needs every input.',
  );
  expect(() => plan.run({ ids, unused })).toThrow('two: input x, (2) f32, was never given.');
  await expect(plan.read('y')).rejects.toThrow('it has not run');
  const refused: [string, unknown, string][] = [
    ['x', new Float64Array(1), 'input x is (2) f32, but got Float64Array of 1. Give a Float32Array of 2.'],
    ['x', new Int32Array(2), 'got Int32Array of 2'],
    ['x', new Uint32Array(2), 'got Uint32Array of 2'],
    ['x', new DataView(new ArrayBuffer(8)), 'got DataView.'],
    ['x', [1, 2], 'got Array of 2'],
    ['x', undefined, 'got Undefined.'],
    ['ids', new Int32Array(2), 'input ids is (2) u32, but got Int32Array of 2. Give a Uint32Array of 2.'],
    ['ids', new Float32Array(2), 'got Float32Array of 2'],
    [
      'unused',
      new Uint32Array(3),
      'input unused is (3) i32, but got Uint32Array of 3. Give a Int32Array of 3.',
    ],
    ['other', x, 'no input "other". Its inputs are unused, ids, x.'],
  ];
  for (const [name, data, message] of refused) {
    expect(() => plan.run({ ...all(), [name]: data }), message).toThrow(message);
  }
  expect(() => plan.run(all(), { postion: 3 } as object)).toThrow(
    'two: there is no option "postion". Did you mean position?',
  );
  for (const [name, value] of [
    ...[
      ['temperature', -1],
      ['temperature', NaN],
      ['topP', 2],
    ],
    ...[
      ['lr', 'x'],
      ['lr', Infinity],
      ['correction1', null],
    ],
  ] as const) {
    expect(() => plan.run(all(), { [name]: value })).toThrow(`two: ${name} is ${value}. Use a number`);
  }
  plan.run({ x, ids, unused });
  expect([...(await plan.read('y'))]).toEqual([0, 2]);
  plan.run({ x: Float32Array.of(3, -4) });
  plan.run();
  expect([...(await plan.read('y'))]).toEqual([3, 0]);
});

it('a graph computes with its own tensors, and eager with what is returned', async () => {
  const [g, other] = [new Graph(device), new Graph(device)];
  const foreign = other.input('x', [2], 'f32');
  g.input('x', [2], 'f32');
  for (const none of [undefined, null, 5])
    await expect(g.compile({ y: none as unknown as typeof foreign })).rejects.toThrow(
      `plan: output y is ${none}. Give tensors of the graph`,
    );
  for (const y of [relu(g, foreign), relu(other, foreign), foreign]) {
    await expect(g.compile({ y })).rejects.toThrow(/^plan: nothing in this graph gives (x|relu) \(2\) f32\./);
  }
  const x = { shape: [2], data: new Float32Array(2) };
  for (const [body, kind] of [
    [() => undefined, 'Undefined'],
    [(g: Graph, { x }: { x: Tensor }) => Promise.resolve(relu(g, x)), 'Promise'],
  ] as const) {
    await expect(eager(device, { x }, body as never)).rejects.toThrow(`eager: its function returns ${kind}.`);
  }
  await expect(Device.open({ gpu: 42 as never })).rejects.toThrow('Device.open: gpu has no requestAdapter');
});

it('constants and weights are as strict', async () => {
  const g = new Graph(device);
  expect(() => g.constant('c', [2], new Float64Array(2) as unknown as Float32Array)).toThrow(
    'c: it is given as Float64Array. Give a Float32Array, Uint32Array or Int32Array.',
  );
  expect(g.constant('i', [2], Int32Array.of(-1, 2)).dtype).toBe('i32');
  using store = new ParameterStore(device, { w: new Parameter([2]) });
  expect(() => store.write('w', new Float64Array(2) as unknown as Float32Array)).toThrow(
    'w: it is given as Float64Array, not as Float32Array',
  );
  const options = { strict: true } as object;
  await expect(g.compile({ y: g.use(store.parameters.get('w')!) }, options)).rejects.toThrow(
    'compile: there is no option "strict".',
  );
});

it('ids of rows and classes are refused where there are none such, whoever made the input', async () => {
  const x = { shape: [2, 4], data: new Float32Array(8) };
  const loss = (...targets: number[]) =>
    eager(device, { x, t: { shape: [2], data: Uint32Array.from(targets) } }, (g, { x, t }) =>
      crossEntropy(g, x, t),
    );
  await expect(loss(1, 9)).rejects.toThrow('input t holds 9 at index 1, but ids must be below 4');
  expect((await loss(1, IGNORE_INDEX)).data[0]).toBeCloseTo(Math.log(4), 6);
  const ids = { shape: [1], data: Uint32Array.of(7) };
  await expect(eager(device, { x, ids }, (g, { x, ids }) => embedding(g, ids, x))).rejects.toThrow(
    'input ids holds 7 at index 0, but ids must be below 2',
  );
  const g = new Graph(device);
  for (const below of [-1, 0, NaN, 1.5]) {
    expect(() => g.input('ids', [1], 'u32', { below })).toThrow(`ids: below is ${below}.`);
  }
});

it('an input may be called like a method of objects; a plan that was disposed of reads nothing', async () => {
  const g = new Graph(device, { label: 'odd' });
  const odd = await g.compile({ y: relu(g, g.input('constructor', [1], 'f32')) });
  expect(() => odd.run({})).toThrow('input constructor, (1) f32, was never given');
  odd.run({ constructor: Float32Array.of(3) });
  await expect(odd.read('toString')).rejects.toThrow('no output "toString"');
  expect([...(await odd.read('y'))]).toEqual([3]);
  odd[Symbol.dispose]();
  await expect(odd.read('y')).rejects.toThrow('odd: this plan was disposed of');
});
