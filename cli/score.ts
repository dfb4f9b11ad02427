import process from 'node:process';
import { scoreTranslations } from '../models/translation/index';
import { readAll } from './files';
import { metricsText } from './report';
import { openTranslator } from './translate';

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
  const { pairs } = await readAll(args.data ?? [], (line) => process.stderr.write(`${line}\n`), args.columns);
  const { limit = pairs.length, beams, lengthPenalty } = args;
  const count = Math.min(limit, pairs.length);
  const some = Array.from({ length: count }, (_, i) => pairs[Math.floor((i * pairs.length) / count)]);
  using opened = await openTranslator(args.model, beams);
  const { metrics } = await scoreTranslations(opened.translator, some, {
    ...(beams === 1 ? { mode: 'greedy' } : { mode: 'beam', beams }),
    lengthPenalty,
  });
  process.stdout.write(`${metricsText(metrics)}  (${count} pairs, beams ${beams})\n`);
  return 0;
}
