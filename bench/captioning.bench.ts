/**
 * Captioning from scratch: a ViT with a GPT-2 learns to say what is in pictures that are drawn by lot, and is judged on combinations that
 * no picture of the training had. Node only.
 *
 *     npm run bench -- captioning -- --out FOLDER [--steps 3500]
 *
 * FOLDER gets the model, as the site ships it, and what is trained so far: the same command goes on with it.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { captionerOf, judgeCaptioner, lesson, type Judged } from '../corpora/pictures/lesson';
import { configOf, GENERATION, PROCESSOR, TOKENIZER } from '../corpora/pictures/vocabulary';
import { checkpointInfo, countParameters, Device } from '../engine/index';
import { save, visionEncoderDecoder } from '../models/index';
import { benchResult, option, percent, type BenchResult } from './harness/report';

/** What a run has told so far; its checkpoint holds it. */
interface Progress {
  readonly processorMinutes: number;
  readonly wallMinutes: number;
  readonly curve: {
    readonly step: number;
    readonly processorMinutes: number;
    readonly judged: readonly Judged[];
  }[];
  /** Of every 25th step: its number and its loss. */
  readonly losses: (readonly [step: number, loss: number])[];
}

export async function main(args: readonly string[]): Promise<BenchResult> {
  const number = (name: string, usual: number): number => Number(option(args, name, String(usual)));
  const [encoderLayers, decoderLayers] = option(args, 'layers', '2,2').split(',').map(Number);
  const sizes = { width: number('width', 64), heads: number('heads', 2), encoderLayers, decoderLayers };
  const o = {
    ...{ sizes, batch: number('batch', 16), steps: number('steps', 3500), lr: number('lr', 2e-3) },
    ...{ hidden: number('hidden', 0.3), seed: number('seed', 1) },
  };
  const out = option(args, 'out', '');
  if (out === '') throw new Error('captioning: say --out FOLDER, where the model goes');
  await mkdir(out, { recursive: true });
  const write = async (name: string, data: Uint8Array | string): Promise<void> => {
    await writeFile(join(out, `${name}.new`), data);
    await rename(join(out, `${name}.new`), join(out, name));
  };
  using device = await Device.open();
  const model = captionerOf(sizes);
  const { run, ...fitting } = await lesson(device, model, o);
  const checkpoint = join(out, 'training.checkpoint');
  let earlier: Progress = { processorMinutes: 0, wallMinutes: 0, curve: [], losses: [] };
  if (existsSync(checkpoint)) {
    const bytes = new Uint8Array(await readFile(checkpoint));
    await run.load(bytes);
    earlier = JSON.parse((await checkpointInfo(bytes)).extras['record']) as Progress;
  }
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const { curve, losses } = earlier;
  /** What it took so far: of all threads of the process, the driver's among them. */
  const spent = (): Pick<Progress, 'processorMinutes' | 'wallMinutes'> => {
    const { user, system } = process.cpuUsage(before);
    return {
      processorMinutes: earlier.processorMinutes + (user + system) / 60e6,
      wallMinutes: earlier.wallMinutes + (performance.now() - begun) / 60e3,
    };
  };
  const told = (): string => {
    const { processorMinutes, wallMinutes } = spent();
    return `${processorMinutes.toFixed(1)} processor minutes, ${wallMinutes.toFixed(1)} min`;
  };
  const say = (judged: readonly Judged[]): string =>
    judged
      .map(
        ({ part, truth, bleu, faults }) =>
          `${part} ${percent(truth)} BLEU ${bleu.toFixed(1)} ${JSON.stringify(faults)}`,
      )
      .join('; ');
  const saveModel = async (): Promise<void> => {
    const files = await save(visionEncoderDecoder, model, configOf(sizes), { dtype: 'F16' });
    for (const [name, blob] of files) await write(name, new Uint8Array(await blob.arrayBuffer()));
    const more = { tokenizer: TOKENIZER, preprocessor_config: PROCESSOR, generation_config: GENERATION };
    for (const [name, json] of Object.entries(more))
      await write(`${name}.json`, `${JSON.stringify(json, null, 1)}\n`);
  };
  await run.fit({
    ...fitting,
    evaluateEvery: number('every', 500),
    monitor: { metric: 'truth', mode: 'max' },
    measure: async ({ step }) => {
      const judged = await judgeCaptioner(device, model, { pictures: number('pictures', 96) });
      curve.push({ step, processorMinutes: spent().processorMinutes, judged });
      console.log(`step ${step}: ${say(judged)} (${told()})`);
      await saveModel();
      return { truth: Math.min(...judged.map(({ truth }) => truth)) };
    },
    extras: () => ({ record: JSON.stringify({ ...spent(), curve, losses } satisfies Progress) }),
    onEvent: (event) => {
      if (event.kind === 'checkpoint') return write('training.checkpoint', event.bytes);
      if (event.kind !== 'steps') return;
      for (const { index, loss } of event.reports) {
        if (index % 25 === 0) losses.push([index, loss]);
        if (index % 100 === 0) console.log(`step ${index}: loss ${loss.toFixed(4)} (${told()})`);
      }
    },
  });
  const training = spent();
  await saveModel();
  const judged = await judgeCaptioner(device, model, { pictures: number('final', 1000), seed: 1 });
  console.log(`in the end: ${say(judged)}`);
  const parameters = countParameters(model);
  return benchResult(device, 'captioning', {
    size: { ...o, parameters },
    ...training,
    judged,
    curve,
    losses,
  });
}
