/**
 * Graph attention on a million edges: a layer of GAT and of GATv2, forward alone and with the backward pass, in milliseconds and
 * millions of edges a second; memory of a quarter, a half and all of the edges. Degrees are uneven: every tenth edge goes to
 * one of a thousand nodes. Run: npm run bench -- graphs [-- --edges 100000]
 */
import { Device, estimate, Graph, ParameterStore, sum } from '../engine/index';
import { GraphAttention, graphConstants, GraphData } from '../models/graphs/index';
import { median } from './harness/measure';
import { noise } from './harness/random';
import { benchResult, columns, option, short, type BenchResult } from './harness/report';

const [NODES_SHARE, F, HEADS, C] = [10, 32, 4, 8];

function graphOf(edges: number): GraphData {
  const nodes = Math.ceil(edges / NODES_SHARE);
  let state = 1;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const source = Uint32Array.from({ length: edges }, () => draw(nodes));
  const target = Uint32Array.from({ length: edges }, (_, e) =>
    draw(e % 10 === 0 ? Math.min(1000, nodes) : nodes),
  );
  return new GraphData({ nodes, source, target, features: noise(nodes * F) });
}

export async function main(args: readonly string[] = []): Promise<BenchResult> {
  const most = Number(option(args, 'edges', '1000000'));
  using device = await Device.open();
  console.log(`${device.info.description || device.info.vendor}, by the wall clock`);
  const rows: Record<string, unknown>[] = [];
  for (const version of [1, 2] as const)
    for (const edges of [most / 4, most / 2, most]) {
      const graph = graphOf(edges);
      for (const train of [false, true]) {
        const layer = new GraphAttention({ version, inputs: F, outputs: C, heads: HEADS });
        using _store = new ParameterStore(device, layer, { train, seed: 1 });
        const g = new Graph(device, { train, label: 'graphs' });
        const tensors = graphConstants(g, graph);
        const y = sum(g, layer.forward(g, tensors.x, tensors));
        if (train) g.backprop(y);
        const memory = estimate(g, { y }).activations;
        using plan = await g.compile({ y });
        const times: number[] = [];
        for (let i = 0; i < 4; i++) {
          const start = performance.now();
          plan.run();
          await device.idle();
          if (i > 0) times.push(performance.now() - start);
        }
        const milliseconds = median(times);
        const pass = train ? 'forward and backward' : 'forward';
        rows.push({ version, edges, pass, milliseconds, memory });
        const rate = `${short(edges / milliseconds / 1e3)} million edges/s`;
        const size = `${short(memory / 2 ** 20)} MiB`;
        const name = version === 1 ? 'GAT' : 'GATv2';
        console.log(columns([[name, String(edges), pass, `${short(milliseconds)} ms`, rate, size]]));
      }
    }
  return benchResult(device, 'graphs', { clock: 'wall clock', features: F, heads: HEADS, width: C, rows });
}
