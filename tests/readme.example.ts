import { AdamW, characterTokenizer, Device, nextToken, randomWindows, Run } from '../engine/index';
import { Generator, GPT } from '../models/index';

export async function example(text: string, show: (piece: string) => void, steps = 2000): Promise<void> {
  const device = await Device.open({ onCompile: (ready, of) => console.log(`kernels: ${ready} of ${of}`) });
  const tokenizer = characterTokenizer(text);
  const model = new GPT({ vocabulary: tokenizer.size, context: 64, layers: 4, heads: 4, width: 128 });
  const schedule = { kind: 'cosine', lr: 1e-3, warmup: steps / 20, steps } as const;
  const size = { batch: 12, length: 64 };
  const run = await Run.create({
    device,
    model,
    objective: nextToken(size),
    optimizer: new AdamW(),
    schedule,
  });
  const ids = tokenizer.encode(text);
  const batches = randomWindows(ids, size);
  await run.fit({ steps, batches, onEvent: (e) => e.kind === 'steps' && console.log(e.reports.at(-1)) });
  const decoder = tokenizer.decoder();
  const writer = new Generator(device, model).generate(ids.slice(0, 1), { temperature: 0.8 });
  for await (const id of writer) show(decoder.push(id));
}
