import { attentionRollout, Graph, type Device } from '../engine/index';
import type { GPT } from '../models/index';

export async function look(device: Device, model: GPT, ids: Uint32Array): Promise<void> {
  const g = new Graph(device);
  const logits = model.forward(g, g.input('ids', [1, ids.length], 'u32'));
  using plan = await g.compile({ logits });
  plan.run({ ids });
  console.log(plan.attentions.map((a) => `${a.layer} ${a.label}: ${a.kind}`)); // 0 stack.layers.0.attention: causal …
  const map = await plan.attention('stack.layers.1.attention', 2); // probabilities of layer 1, head 2
  console.log(map.row(ids.length - 1)); // what the last token attends to
  const { values } = await plan.attentionEntropy(1); // (B, H, T), in nats
  const { shares } = await attentionRollout(plan); // where each position draws from, through all layers
  console.log(Math.max(...values), shares.length);
}
