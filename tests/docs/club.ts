import { AdamW, Run, type Device } from '../../engine/index';
import { bothWays, GAT, GraphData, GraphReader, nodeClasses } from '../../models/graphs/index';

/** Who follows whom: `labels` are classes of all nodes, of which the network is told those of `known`. */
export async function club(
  device: Device,
  nodes: number,
  ties: { source: number[]; target: number[] },
  labels: number[],
  known: number[],
) {
  const identity = Float32Array.from({ length: nodes * nodes }, (_, i) => (i % (nodes + 1) === 0 ? 1 : 0));
  const graph = new GraphData({ nodes, ...bothWays(ties.source, ties.target), features: identity });
  const model = new GAT({ features: nodes, outputs: 2, hidden: 4, heads: 4, dropout: 0.2 });
  const objective = nodeClasses(model.prepare(graph), { labels, classes: 2 });
  using run = await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 1e-2 });
  await run.fit({ steps: 100, batches: () => ({ nodes: known }) });
  using reader = await GraphReader.create(device, model, graph);
  const { source, target, weights, heads } = await reader.attention(0); // of layer 0
  console.log(`${source[0]} → ${target[0]}:`, weights.subarray(0, heads)); // the first edge, by head
  return await reader.classes();
}
