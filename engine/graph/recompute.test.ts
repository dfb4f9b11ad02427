// Programs of ops on single numbers, run by a few lines of JavaScript in the memory that the planner gives them: what is
// recomputed must have the same gradients, bit for bit, wherever values share buffers.
import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../tests/harness/fake-device';
import { Random } from '../../tests/harness/op';
import { defineKernel, type Kernel } from '../runtime/kernel';
import { reflect } from '../wgsl_plugin';
import { Graph } from './graph';
import { estimate, layOut } from './memory';
import type { Tensor } from './tensor';

/** What kernels compute, from what they read to what they write. */
const maths: Record<string, (x: readonly number[], old: number) => number> = {
  multiply: ([a, b]) => a * b,
  sine: ([a]) => Math.sin(a),
  exp: ([a]) => Math.exp(Math.min(a, 1)),
  add: ([a], old) => a + old,
  copy: ([a]) => a,
  sum: ([a, b]) => a + b,
  // Backward: of a product by one factor; of a sine by its x; of an exp by its result; in place of what it reads.
  product: ([a, dy], old) => a * dy + old,
  cosine: ([a, dy], old) => Math.cos(a) * dy + old,
  scaled: ([y, dy], old) => (y < Math.E ? y : 0) * dy + old,
  own: ([dy], old) => dy + old,
  inPlace: (_, old) => 2 * old,
};

const kernels: Record<string, Kernel> = {};
function run(g: Graph, name: string, reads: readonly Tensor[], y: Tensor, add = false): void {
  const names = reads.map((_, i) => `x${i}`);
  const key = `${name}${reads.length}`;
  kernels[key] ??= defineKernel({
    name,
    wgsl: [
      reflect(
        `${name}.wgsl`,
        `const ADD: bool = false;
${names.map((x, i) => `@group(0) @binding(${i}) var<storage, read> ${x}: array<f32>;`).join('\n')}
@group(0) @binding(${reads.length}) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() { if (ADD) { y[0] = ${names.length > 0 ? 'x0[0]' : 'y[0]'}; } }`,
      ),
    ],
  });
  const bind: Record<string, Tensor> = { y };
  for (const [i, x] of reads.entries()) bind[names[i]] = x;
  g.dispatch(kernels[key], bind, { constants: { ADD: add }, grid: [1] });
}

/** An op of one result; `back` gives for each x the backward kernel and what it reads beside dy. */
function op(
  g: Graph,
  name: string,
  x: readonly Tensor[],
  back: (y: Tensor, i: number) => [string, ...Tensor[]],
) {
  const y = g.value(name, [1]);
  run(g, name, x, y);
  g.backward(y, () => {
    for (const [i, of] of x.entries()) {
      const dx = g.sink(of);
      const [kernel, ...reads] = back(y, i);
      if (dx) run(g, kernel, [...reads, g.grad(y)], dx.tensor, dx.add);
    }
  });
  return y;
}
const multiply = (g: Graph, a: Tensor, b: Tensor): Tensor =>
  a === b ? sine(g, a) : op(g, 'multiply', [a, b], (_, i) => ['product', i === 0 ? b : a]);
const sine = (g: Graph, x: Tensor): Tensor => op(g, 'sine', [x], () => ['cosine', x]);
const exp = (g: Graph, x: Tensor): Tensor => op(g, 'exp', [x], (y) => ['scaled', y]);
/** Written by two dispatches, the second of which adds. */
const sum = (g: Graph, a: Tensor, b: Tensor): Tensor => {
  const y = g.value('sum', [1]);
  run(g, 'copy', [a], y);
  run(g, 'add', [b], y);
  g.backward(y, () => {
    for (const x of [a, b]) {
      const dx = g.sink(x);
      if (dx) run(g, 'own', [g.grad(y)], dx.tensor, dx.add);
    }
  });
  return y;
};
/** Its gradient takes the place of x, as that of logits does. */
const takeOver = (g: Graph, x: Tensor): Tensor => {
  const y = g.value('loss', [1]);
  run(g, 'sine', [x], y);
  g.backward(y, () => {
    const dx = g.takeOver(x);
    if (dx) run(g, 'inPlace', [], dx);
  });
  return y;
};

/** Runs what was recorded, in planned memory full of NaN. */
function simulate(
  g: Graph,
  outputs: Record<string, Tensor>,
  inputs: Record<string, number>,
): Record<string, number> {
  const { values, buffer, sizes, fixed } = layOut(g, outputs);
  const memory = sizes.map(() => ({ number: NaN }));
  const cell = new Map<Tensor, { number: number }>(values.map((value, i) => [value, memory[buffer[i]]]));
  for (const t of fixed) {
    const { source } = t;
    const number = source.kind === 'constant' ? (source.data as Float32Array)[0] : (inputs[t.name] ?? NaN);
    cell.set(t, { number });
  }
  for (const { tensors, variant } of g.dispatches) {
    const reads = tensors.filter((t) => !t.write).map((t) => cell.get(t.tensor.root)!.number);
    const y = cell.get(tensors.find((t) => t.write)!.tensor.root)!;
    const adds =
      variant.kernel === 'add' || variant.kernel === 'inPlace' || variant.label.includes('ADD=true');
    y.number = maths[variant.kernel](reads, adds ? y.number : 0);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, cell.get(t.root)!.number]));
}

const inputs = { a: 0.3, b: -0.7, c: 1.1 };

/** The gradients of a program with and without recompute, and what memory the plans would have. */
function compare(program: (g: Graph, x: readonly Tensor[]) => Tensor): {
  readonly kept: Record<string, number>;
  readonly again: Record<string, number>;
  readonly graphs: readonly [kept: Graph, again: Graph];
} {
  const record = (recompute: boolean) => {
    const g = new Graph(fakeDevice(), { train: true });
    if (!recompute) g.recompute = (body) => body();
    const x = Object.keys(inputs).map((name) => g.input(name, [1], 'f32', { differentiable: true }));
    const y = program(g, x);
    g.backprop(y);
    const outputs: Record<string, Tensor> = { y };
    for (const of of x) if (g.reached(of)) outputs[`d${of.name}`] = g.grad(of);
    return { g, result: simulate(g, outputs, inputs) };
  };
  const [kept, again] = [record(false), record(true)];
  return { kept: kept.result, again: again.result, graphs: [kept.g, again.g] };
}
const labels = (g: Graph): string[] => g.dispatches.map((d) => d.label);

describe('recompute', () => {
  it('computes again what the backward pass reads, and no more', () => {
    const { kept, again, graphs } = compare((g, [a, b]) =>
      sine(
        g,
        g.scope('block', () =>
          g.recompute(() => g.scope('inner', () => sum(g, exp(g, sine(g, multiply(g, a, b))), a))),
        ),
      ),
    );
    expect(again).toEqual(kept);
    expect(Object.values(again).every(Number.isFinite)).toBe(true);
    const backward = labels(graphs[1]).slice(labels(graphs[1]).indexOf('sine') + 1);
    expect(backward).toEqual([
      'backward/cosine',
      // Nothing reads the sum, so it is not added up again.
      'block.inner.backward/own',
      'block.inner.backward/own',
      'block.inner/multiply again',
      'block.inner/sine again',
      'block.inner/exp again',
      'block.inner.backward/scaled',
      'block.inner.backward/cosine',
      'block.inner.backward/product',
      'block.inner.backward/product',
    ]);
  });

  it('lets values die: of a deep model, memory holds one block and what goes between blocks', () => {
    const { kept, again, graphs } = compare((g, [a, b]) => {
      let x = a;
      for (let layer = 0; layer < 10; layer++) {
        x = g.recompute(() => {
          let y = x;
          for (let i = 0; i < 10; i++) y = exp(g, multiply(g, sine(g, y), b));
          return y;
        });
      }
      return x;
    });
    expect(again).toEqual(kept);
    const [all, some] = graphs.map((g) => estimate(g).peak / 4);
    expect(all).toBeGreaterThan(10 * 10 * 2);
    expect(some).toBeLessThan(10 + 10 * 3 + 30);
  });

  it('nested: memory holds one body of each depth', () => {
    const deep = (g: Graph, inner: <T>(body: () => T) => T) => (x: Tensor, b: Tensor) => {
      for (let i = 0; i < 10; i++) {
        const from = x;
        x = g.recompute(() => {
          let y = from;
          for (let j = 0; j < 10; j++) {
            const start = y;
            y = inner(() => [1, 2, 3, 4, 5].reduce((z) => multiply(g, sine(g, z), b), start));
          }
          return y;
        });
      }
      return x;
    };
    const nested = compare((g, [a, b]) => deep(g, (body) => g.recompute(body))(a, b));
    expect(nested.again).toEqual(nested.kept);
    const flat = compare((g, [a, b]) => deep(g, (body) => body())(a, b));
    const [some, more] = [nested, flat].map(({ graphs }) => estimate(graphs[1]).peak / 4);
    expect(more).toBeGreaterThan(10 * 5 * 2);
    expect(some).toBeLessThan(10 + 10 + 5 * 2 + 30);
  });

  it('does nothing where no gradient is wanted, or none arrives', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [1], 'f32');
    expect(g.recompute(() => [sine(g, x), 7])[1]).toBe(7);
    expect(labels(g)).toEqual(['sine']);
    const { again, kept, graphs } = compare((h, [a, b]) => {
      h.recompute(() => sine(h, exp(h, b)));
      return sine(h, a);
    });
    expect(again).toEqual(kept);
    expect(labels(graphs[1]).some((label) => label.endsWith('again'))).toBe(false);
  });

  it('lets values out that later ops read, whichever way gradients come back', () => {
    const { kept, again } = compare((g, [a, b]) => {
      const [inner, y] = g.recompute(() => {
        const s = sine(g, multiply(g, a, b));
        return [s, exp(g, s)];
      });
      return multiply(g, exp(g, inner), multiply(g, y, inner));
    });
    expect(again).toEqual(kept);
  });

  it('lets gradients take over memory, inside, of its result, and beside', () => {
    const inside = compare((g, [a, b]) => g.recompute(() => takeOver(g, multiply(g, exp(g, a), b))));
    expect(inside.again).toEqual(inside.kept);
    const result = compare((g, [a, b]) =>
      takeOver(
        g,
        g.recompute(() => multiply(g, exp(g, a), b)),
      ),
    );
    expect(result.again).toEqual(result.kept);
    const both = compare((g, [a, b]) =>
      sine(
        g,
        g.recompute(() => multiply(g, takeOver(g, sine(g, exp(g, a))), exp(g, b))),
      ),
    );
    expect(both.again).toEqual(both.kept);
    expect(() =>
      compare((g, [a]) => {
        const x = sine(g, a);
        const y = g.recompute(() => exp(g, exp(g, x)));
        return multiply(g, y, takeOver(g, x));
      }),
    ).toThrow('exp: sine is gone, so it cannot be computed again. Its memory holds its gradient (takeOver)');
  });

  it('draws random programs with nested bodies, all with the same gradients', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { kept, again } = compare((g, x) => {
        const random = new Random(seed);
        const grow = (depth: number, known: Tensor[]): void => {
          const steps = 2 + random.below(4);
          for (let i = 0; i < steps; i++) {
            const pick = (): Tensor =>
              known[random.below(3) === 0 ? random.below(known.length) : known.length - 1];
            const [p, q] = [pick(), pick()];
            const which = random.below(depth < 3 ? 6 : 4);
            if (which >= 4) {
              const own = [...known];
              g.recompute(() => grow(depth + 1, own));
              known.push(
                ...own
                  .slice(known.length)
                  .filter((_, n, all) => n === all.length - 1 || random.below(3) === 0),
              );
            } else
              known.push(
                [sine, exp][which % 2](g, which < 2 ? p : which === 2 ? sum(g, p, q) : multiply(g, p, q)),
              );
          }
        };
        const known = [...x];
        grow(0, known);
        return multiply(g, known.at(-1)!, known.at(-2)!);
      });
      expect(again, `seed ${seed}`).toEqual(kept);
      expect(Object.values(kept).every(Number.isFinite)).toBe(true);
    }
  });

  it('refuses to compute again what it read of state that has changed since', () => {
    const program = (write: 'before' | 'after' | 'inside') => () =>
      compare((g, [a, b]) => {
        const state = g.constant('state', [1], Float32Array.of(2));
        const store = (): void => run(g, 'copy', [b], state);
        if (write === 'before') store();
        const y = g.recompute(() => {
          const z = sine(g, sine(g, multiply(g, a, state)));
          if (write === 'inside') store();
          return z;
        });
        if (write === 'after') store();
        return y;
      });
    expect(program('before')).not.toThrow();
    for (const write of ['inside', 'after'] as const) {
      expect(program(write)).toThrow(
        'copy: state (1) f32 is written after multiply has read it, which therefore cannot be computed again',
      );
    }
  });

  it('adds to what was begun outside once, and reads it there', () => {
    const { kept, again } = compare((g, [a, b]) => {
      const begun = g.value('begun', [1]);
      run(g, 'copy', [b], begun);
      return g.recompute(() => {
        run(g, 'add', [a], begun);
        return multiply(g, exp(g, begun), sine(g, exp(g, a)));
      });
    });
    expect(again).toEqual(kept);
  });

  it('refuses to write a second time what outlives it, beside what is wanted again', () => {
    const both = defineKernel({
      name: 'both',
      wgsl: [
        reflect(
          'both.wgsl',
          `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@compute @workgroup_size(1) fn main() { y[0] = x[0]; z[0] = x[0]; }`,
        ),
      ],
    });
    const g = new Graph(fakeDevice(), { train: true });
    const x = g.input('x', [1], 'f32', { differentiable: true });
    const state = g.constant('state', [1], Float32Array.of(2));
    const result = g.recompute(() => {
      const y = g.value('y', [1]);
      g.dispatch(both, { x, y, z: state }, { grid: [1] });
      return sine(g, y);
    });
    expect(() => g.backprop(result)).toThrow(
      'both: state (1) f32 outlives the recompute that it is written in, and would be written twice. Write it outside.',
    );
  });

  it('writes once what outlives it, where nothing of the same dispatch is wanted again', () => {
    const { kept, again, graphs } = compare((g, [a, b]) => {
      const state = g.constant('state', [1], Float32Array.of(2));
      return g.recompute(() => {
        const y = exp(g, sine(g, multiply(g, a, b)));
        run(g, 'add', [y], state);
        return y;
      });
    });
    expect(again).toEqual(kept);
    expect(labels(graphs[1]).filter((label) => label.startsWith('add'))).toEqual(['add']);
  });
});
