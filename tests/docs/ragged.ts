import { argmax, Graph, ParameterStore, type Device, type Plan } from '../../engine/index';
import type { GPT } from '../../models/index';

type Ids = readonly (readonly number[])[];

/** The likeliest tokens after each of some prompts, `count` a prompt: those that it has alone. */
export async function together(device: Device, model: GPT, prompts: Ids, count: number): Promise<Ids> {
  const B = prompts.length;
  const lengths = Uint32Array.from(prompts, (prompt) => prompt.length);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  const caches = model.caches(B);
  using _store = new ParameterStore(device, { caches }); // gives them memory
  const planOf = (T: number, name: 'lengths' | 'starts'): Promise<Plan> => {
    const g = new Graph(device);
    const rows = { [name]: g.input(name, [B], 'u32') };
    const logits = model.next(g, g.input('ids', [B, T], 'u32'), caches, rows);
    return g.compile({ next: argmax(g, logits, -1) });
  };
  using prefill = await planOf(longest, 'lengths');
  using step = await planOf(1, 'starts');

  const padded = prompts.flatMap((prompt) => Array.from({ length: longest }, (_, t) => prompt[t] ?? 0));
  prefill.run({ ids: Uint32Array.from(padded), lengths }, { position: 0 });
  let ids = await prefill.readIntegers('next');
  const found = Array.from(ids, (id) => [id]);
  const starts = lengths.map((length) => length - shortest);
  for (let made = 1; made < count; made++) {
    step.run({ ids, starts }, { position: shortest + made - 1 });
    ids = await step.readIntegers('next');
    ids.forEach((id, b) => found[b].push(id));
  }
  return found;
}
