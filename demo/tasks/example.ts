import { AdamW, Device, Graph, IGNORE_INDEX, nextToken, Run, type Batch } from '../../engine/index';
import { GPT } from '../../models/index';

/** A GPT learns to reverse six digits: its answer to 314159, and what its second layer attended to. */
export async function reverse(steps: number) {
  const [count, length, equals] = [64, 12, 10];
  const batch = (): Batch => {
    const [ids, targets] = [new Uint32Array(count * length), new Uint32Array(count * length)];
    for (let b = 0; b < count; b++) {
      const digits = Array.from({ length: 6 }, () => Math.floor(10 * Math.random()));
      const tokens = [...digits, equals, ...digits.toReversed()];
      ids.set(tokens.slice(0, -1), b * length);
      targets.set(tokens.slice(1).fill(IGNORE_INDEX, 0, 6), b * length); // the answer's tokens count
    }
    return { ids, targets };
  };
  const device = await Device.open();
  const model = new GPT({ vocabulary: 11, context: length, layers: 2, heads: 2, width: 48 });
  const objective = nextToken({ batch: count, length });
  using run = await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 4e-3 });
  await run.fit({ steps, batches: batch });
  const g = new Graph(device);
  using plan = await g.compile({ logits: model.forward(g, g.input('ids', [1, length], 'u32')) });
  const ids = Uint32Array.from([3, 1, 4, 1, 5, 9, equals, 0, 0, 0, 0, 0]);
  for (let at = 7; ; at++) {
    plan.run({ ids });
    const row = (await plan.read('logits')).slice((at - 1) * 11, at * 11);
    const likeliest = row.indexOf(Math.max(...row));
    if (at === length) return { answer: [...ids.slice(7), likeliest], map: await plan.attention(1, 'all') };
    ids[at] = likeliest;
  }
}
