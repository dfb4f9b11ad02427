import { AdamW, Run, type Device } from '../../engine/index';
import { bothWays, GAT, GraphData, GraphReader, nodeClasses } from '../../models/graphs/index';

/** Classes of all members, learnt from a few; then read again without one of the ties. */
export async function withoutTie(
  device: Device,
  { members, from, to }: { members: number; from: number[]; to: number[] },
  { labels, told }: { labels: number[]; told: number[] },
  tie: number,
) {
  const features = Float32Array.from({ length: members ** 2 }, (_, i) => Number(i % (members + 1) === 0));
  const graphOf = (kept: (i: number) => boolean): GraphData => {
    const [source, target] = [from, to].map((ids) => ids.filter((_, i) => kept(i)));
    return new GraphData({ nodes: members, ...bothWays(source, target), features });
  };
  const whole = graphOf(() => true);
  const model = new GAT({ features: members, outputs: 2, hidden: 4, heads: 4, dropout: 0.2 });
  const objective = nodeClasses(model.prepare(whole), { labels, classes: 2 });
  using run = await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 1e-2 });
  await run.fit({ steps: 120, batches: () => ({ nodes: told }) });
  using before = await GraphReader.create(device, model, whole);
  using after = await GraphReader.create(
    device,
    model,
    graphOf((i) => i !== tie),
  );
  const { weights, heads } = await before.attention(0); // of layer 0, by edge and head
  return { before: await before.classes(), after: await after.classes(), weights, heads };
}
