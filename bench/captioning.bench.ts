/**
 * Captioning from scratch: a ViT with a GPT-2 learns to say what is in pictures that are drawn by lot, and is judged on combinations that
 * no picture of the training had. Node only. `-- --steps 4000 --batch 64 --width 96 --layers 3,2 [--out FOLDER]` writes the trained model, too.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeCaptioner, captionerOf, lesson } from '../demo/see/pictures/lesson';
import { configOf, GENERATION, PROCESSOR, TOKENIZER } from '../demo/see/pictures/vocabulary';
import { countParameters, Device } from '../engine/index';
import { save, visionEncoderDecoder } from '../models/index';
import { benchResult, option, percent, type BenchResult } from './harness/report';

export async function main(args: readonly string[]): Promise<BenchResult> {
  const number = (name: string, usual: number): number => Number(option(args, name, String(usual)));
  const [encoderLayers, decoderLayers] = option(args, 'layers', '3,2').split(',').map(Number);
  const width = number('width', 96);
  const sizes = { width, heads: number('heads', 4), encoderLayers, decoderLayers };
  const [every, pictures, minutes] = [
    number('every', 500),
    number('pictures', 200),
    number('minutes', Infinity),
  ];
  const o = {
    ...{ sizes, batch: number('batch', 64), steps: number('steps', 4000), lr: number('lr', 2e-3) },
    ...{ hidden: number('hidden', 0.3), seed: number('seed', 1) },
  };
  const out = option(args, 'out', '');
  using device = await Device.open();
  const model = captionerOf(sizes);
  const { run, ...fitting } = await lesson(device, model, o);
  const begun = performance.now();
  const before = process.cpuUsage();
  /** Of all threads of the process, the driver's among them. */
  const processor = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 60e6;
  };
  const curve: object[] = [];
  const losses: number[][] = [];
  const tell = (): string =>
    `${processor().toFixed(1)} processor minutes, ${((performance.now() - begun) / 60e3).toFixed(1)} min`;
  const over = new AbortController();
  await run.fit({
    ...fitting,
    evaluateEvery: every,
    signal: over.signal,
    monitor: { metric: 'truth', mode: 'max' },
    measure: async () => {
      const judged = await judgeCaptioner(device, model, { pictures });
      curve.push({ step: run.trainer.step, processorMinutes: processor(), judged });
      console.log(
        `step ${run.trainer.step}: ${judged.map(({ part, truth, bleu, faults }) => `${part} ${percent(truth)} BLEU ${bleu.toFixed(1)} ${JSON.stringify(faults)}`).join('; ')} (${tell()})`,
      );
      return { truth: Math.min(...judged.map(({ truth }) => truth)) };
    },
    onEvent: (event) => {
      if (event.kind !== 'steps') return;
      for (const { index, loss } of event.reports) {
        if (index % 25 === 0) losses.push([index, loss]);
        if (index % 100 === 0) console.log(`step ${index}: loss ${loss.toFixed(4)} (${tell()})`);
      }
      if (processor() > minutes) over.abort();
    },
  });
  const trained = processor();
  const judged = await judgeCaptioner(device, model, { pictures: number('final', 1000), seed: 1 });
  for (const { part, truth, bleu } of judged)
    console.log(`${part}: ${percent(truth)} true, BLEU ${bleu.toFixed(2)}`);
  if (out !== '') {
    await mkdir(out, { recursive: true });
    const files = await save(visionEncoderDecoder, model, configOf(sizes), { dtype: 'F16' });
    for (const [name, blob] of files)
      await writeFile(join(out, name), new Uint8Array(await blob.arrayBuffer()));
    const more = { tokenizer: TOKENIZER, preprocessor_config: PROCESSOR, generation_config: GENERATION };
    for (const [name, json] of Object.entries(more))
      await writeFile(join(out, `${name}.json`), `${JSON.stringify(json, null, 1)}\n`);
  }
  const { step } = run.trainer;
  const wallMinutes = (performance.now() - begun) / 60e3;
  return benchResult(device, 'captioning', {
    ...{ size: { ...o, parameters: countParameters(model) }, step, processorMinutes: trained, wallMinutes },
    ...{ judged, curve, losses },
  });
}
