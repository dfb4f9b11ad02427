// What the graph refuses while recording, and what it says: no GPU needed.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defineKernel, Graph, linearGrid, type Shader, type Tensor } from '../engine/index';
import { estimate } from '../engine/graph/memory';
import { fakeDevice } from './harness/fake-device';
import { link, specialise } from '../engine/runtime/shader';
import { reflect, strip } from '../engine/wgsl_plugin';
import { detectRaces } from 'wgsl_reflect/wgsl_reflect.module.js';

const code = `const LANES: u32 = 64;
alias T = f32;
struct Sizes { n: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(LANES) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < sizes.n) { y[id.x] = x[id.x]; }
}
`;
const shader: Shader = reflect('copy.wgsl', code);
const copy = defineKernel({ name: 'copy.forward', wgsl: [shader] });
const options = { uniforms: { n: 4, scale: 1 }, grid: [1] } as const;

describe('reflection and linking', () => {
  it('finds bindings, uniform offsets and constants', () => {
    expect(shader.bindings.map((b) => `${b.name}:${b.access}`)).toEqual([
      'x:read',
      'y:read_write',
      'sizes:uniform',
    ]);
    expect(shader.uniforms.sizes.fields).toEqual([
      { name: 'n', offset: 0, type: 'u32' },
      { name: 'scale', offset: 4, type: 'f32' },
    ]);
    expect(specialise(shader, { LANES: 32, T: 'f16' })).toContain('const LANES: u32 = 32;\nalias T = f16;');
  });

  it('sees the same in what ships, without comments and blanks', () => {
    const files = readdirSync('engine', { recursive: true, encoding: 'utf8' }).filter((f) =>
      f.endsWith('.wgsl'),
    );
    expect(files.length).toBeGreaterThan(30);
    for (const file of files) {
      const source = readFileSync(`engine/${file}`, 'utf8');
      const [whole, short] = [reflect(file, source), reflect(file, strip(source))];
      expect(short.code.length).toBeLessThan(source.length);
      expect({ ...short, code: '', constants: [] }).toEqual({ ...whole, code: '', constants: [] });
      const right = (s: Shader) => s.constants.map((c) => `${c.name}=${s.code.slice(c.start, c.end)}`);
      expect(right(short).map((c) => c.replace(/\s/g, ''))).toEqual(
        right(whole).map((c) => c.replace(/\s/g, '')),
      );
    }
  });

  it('enables f16 first and refuses unknown constants', () => {
    const { can } = fakeDevice();
    expect(link('k', [shader], { T: 'f16' }, can).code).toMatch(/^enable f16;\n/);
    expect(() => link('k', [shader], { LANE: 1 }, can)).toThrowErrorMatchingInlineSnapshot(
      `[KernelError: k: no constant "LANE". The shader declares LANES, T.]`,
    );
  });

  it('the race detector sees a missing barrier', () => {
    const racy = `var<workgroup> s: array<f32, 4>;
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) {
  s[i] = f32(i);
  BARRIER
  y[i] = s[(i + 1u) % 4u];
}`;
    const races = (barrier: string) =>
      detectRaces(racy.replace('BARRIER', barrier), 'main', [1, 1, 1], { 0: { 0: new ArrayBuffer(16) } })
        .races.length;
    expect(races('workgroupBarrier();')).toBe(0);
    expect(races('')).toBeGreaterThan(0);
  });
});

describe('recording', () => {
  const graph = () => new Graph(fakeDevice(), { train: true });

  it('refuses wrong bindings, uniforms, grids and aliases, with names', () => {
    const g = graph();
    const x = g.input('x', [4], 'f32');
    const y = g.value('y', [4]);
    const message = (f: () => void) => {
      try {
        f();
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing thrown';
    };
    expect(
      g.scope('h.3', () => message(() => g.dispatch(copy, { x, y, keys: y }, options))),
    ).toMatchInlineSnapshot(`"h.3 / copy.forward: no binding "keys". The shader declares x, y."`);
    expect(message(() => g.dispatch(copy, { x }, options))).toMatchInlineSnapshot(
      `"copy.forward: binding "y" is missing. Bind x, y."`,
    );
    expect(message(() => g.dispatch(copy, { x: y, y }, options))).toMatchInlineSnapshot(
      `"copy.forward: y is both read and written. Bind another tensor for the output."`,
    );
    expect(
      message(() => g.dispatch(copy, { x, y }, { ...options, uniforms: { n: 4 } })),
    ).toMatchInlineSnapshot(`"copy.forward: uniforms differ: missing [scale], unknown []."`);
    expect(message(() => g.dispatch(copy, { x, y }, { ...options, grid: [70000] }))).toMatchInlineSnapshot(
      `"copy.forward: a grid of 70000×1×1 workgroups. Each dimension takes 1 to 65535."`,
    );
    expect(message(() => g.input('x', [4], 'f32'))).toMatchInlineSnapshot(
      `"x: this graph has an input of that name already."`,
    );
    expect(message(() => g.value('z', [0, 3]))).toMatchInlineSnapshot(
      `"z: shape (0, 3) has an axis that is not a positive integer."`,
    );
    expect(message(() => g.view(x, [5]))).toMatchInlineSnapshot(`"view: x (4) cannot be seen as (5)."`);
    expect(message(() => g.backprop(x))).toMatchInlineSnapshot(
      `"backprop: the loss is (4). It must be a single number."`,
    );
  });

  it('folds long grids under 65,535', () => {
    expect(linearGrid(10)).toEqual([10]);
    const [x, y = 1] = linearGrid(1_000_000);
    expect(x).toBeLessThanOrEqual(65_535);
    expect(x * y).toBeGreaterThanOrEqual(1_000_000);
  });

  it('first gradient stores, later ones add; takeOver forbids later readers', () => {
    const g = graph();
    const x = g.input('x', [4], 'f32', { differentiable: true });
    const y = g.value('y', [4]);
    g.dispatch(copy, { x, y }, options);
    expect(g.sink(y)).toMatchObject({ add: false });
    expect(g.sink(y)).toMatchObject({ add: true });
    const z = g.value('z', [4]);
    g.dispatch(copy, { x: y, y: z }, options);
    const dz = g.takeOver(z)!;
    expect(dz.root).toBe(z);
    expect(() => g.dispatch(copy, { x: z, y: g.value('w', [4]) }, options)).toThrow(
      /its memory holds its gradient/i,
    );
    expect(() => g.takeOver(y)).toThrow(/another reader/);
    expect(g.sink(g.input('fixed', [4], 'f32'))).toBeNull();
  });

  it('estimates memory before anything is allocated', () => {
    const g = new Graph(fakeDevice());
    let x: Tensor = g.input('x', [1024], 'f32');
    for (let i = 0; i < 10; i++) {
      const y = g.value(`y${i}`, [1024]);
      g.dispatch(copy, { x, y }, options);
      x = y;
    }
    const { activations, peak } = estimate(g, { x });
    expect(activations).toBe(4 * 4096 + 48); // input, output and two that take turns
    expect(peak).toBe(4 * 4096 + 48);
  });
});
