import process from 'node:process';
import { scoreTranslations } from '../models/translation/index';
import { readAll } from './files';
import { metricsText } from './report';
import { openTranslator, readModel } from './translate';

export interface ScoreArguments {
  readonly model: string;
  readonly data?: readonly string[];
  readonly columns?: readonly [number, number];
  readonly limit?: number;
  readonly beams: number;
  readonly lengthPenalty: number;
}

/** Writes the scores of a model on pairs. Gives the exit status. */
export async function score(args: ScoreArguments): Promise<number> {
  const model = await readModel(args.model); // the first that may be wrong, and soon known
  const { pairs } = await readAll(args.data ?? [], (line) => process.stderr.write(`${line}\n`), args.columns);
  const { limit = pairs.length, beams, lengthPenalty } = args;
  const count = Math.min(limit, pairs.length);
  const some = Array.from({ length: count }, (_, i) => pairs[Math.floor((i * pairs.length) / count)]);
  using opened = await openTranslator(model, beams);
  const { metrics, signature } = await scoreTranslations(opened.translator, some, {
    ...(beams === 1 ? { mode: 'greedy' } : { mode: 'beam', beams }),
    lengthPenalty,
  });
  process.stdout.write(`${metricsText(metrics)}  (${count} pairs, beams ${beams})\n`);
  if (signature !== undefined) process.stdout.write(`BLEU's signature: ${signature}\n`);
  return 0;
}
