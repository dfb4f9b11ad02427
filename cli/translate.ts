import process from 'node:process';
import { DeviceError, EngineError } from '../engine/index';
import {
  TranslationModel,
  Translator,
  type TranslateOptions,
  type Translation,
} from '../models/translation/index';
import { openDevice, tellOfCompiling } from './device';
import { readWhole } from './files';
import { linesOf } from './lines';
import { UsageError } from './options';

export interface TranslateArguments {
  readonly model: string;
  readonly beams: number;
  readonly nBest: number;
  readonly lengthPenalty: number;
  readonly coverage?: number;
  readonly banRepeats?: number;
  readonly sample?: boolean;
  readonly temperature?: number;
  readonly seed?: number;
  readonly sentences?: boolean;
  readonly prefix?: string;
  readonly json?: boolean;
}

/** Lines of a pipe that are translated together. */
const TOGETHER = 32;
/** Rows that a generator decodes at once, at most. */
const ROWS = 64;

/** Writes a translation a line to the standard output. Gives the exit status. */
export async function translate(texts: readonly string[], args: TranslateArguments): Promise<number> {
  const { nBest, json = false } = args;
  const beams = Math.max(args.beams, nBest);
  if (beams > ROWS) {
    const option = args.beams > ROWS ? '--beams' : '--n-best';
    throw new UsageError(option, `${beams} are too many`, `Use at most ${ROWS}.`);
  }
  for (const name of ['temperature', 'seed'] as const) {
    if (args[name] === undefined || args.sample) continue;
    throw new UsageError(`--${name}`, 'it is of --sample, which is not given', 'Give both, or neither.');
  }
  using opened = await openTranslator(await readModel(args.model), beams);
  const { translator } = opened;
  const options = optionsOf(args, beams);
  const write = (translation: Translation): void => {
    process.stdout.write(json ? `${JSON.stringify(plain(translation))}\n` : lines(translation, nBest));
  };
  if (texts.length > 0) {
    for (const translation of await translator.translate(texts, options)) write(translation);
    return 0;
  }

  let status = 0;
  let number = 0;
  const fail = (error: EngineError): void => {
    process.stderr.write(`heed: line ${++number}: ${error.message}\n`);
    process.stdout.write('\n'); // so that lines stay side by side
    status = 1;
  };
  const some = async (group: readonly string[]): Promise<void> => {
    try {
      for (const translation of await translator.translate(group, options)) write(translation);
      number += group.length;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (group.length > 1) {
        for (const line of group) await some([line]); // the others are translated all the same
        return;
      }
      if (error instanceof DeviceError) throw error; // the others would fail as well
      fail(error);
    }
  };
  const together = process.stdin.isTTY ? 1 : TOGETHER;
  let group: string[] = [];
  for await (const line of linesOf(process.stdin)) {
    if (typeof line === 'string') group.push(line);
    if (group.length < together && typeof line === 'string') continue;
    if (group.length > 0) await some(group);
    group = [];
    if (typeof line !== 'string') fail(line);
  }
  if (group.length > 0) await some(group);
  return status;
}

/** A model from a file: its weights are loaded later. */
export async function readModel(file: string): Promise<TranslationModel> {
  return TranslationModel.open(await readWhole(file));
}

/** A translator and the device that it is on. */
export async function openTranslator(
  model: TranslationModel,
  beams: number,
): Promise<{ readonly translator: Translator } & Disposable> {
  const device = await openDevice(tellOfCompiling());
  try {
    const sentences = Math.max(1, Math.min(16, Math.floor(ROWS / beams)));
    const translator = await Translator.create(device, model, { sentences, beams });
    return {
      translator,
      [Symbol.dispose]: () => {
        translator[Symbol.dispose]();
        device[Symbol.dispose]();
      },
    };
  } catch (error) {
    device[Symbol.dispose]();
    throw error;
  }
}

function optionsOf(args: TranslateArguments, beams: number): TranslateOptions {
  const {
    nBest,
    lengthPenalty,
    sample = false,
    temperature,
    seed,
    sentences,
    prefix,
    coverage,
    banRepeats,
  } = args;
  return {
    mode: sample ? 'sample' : beams === 1 ? 'greedy' : 'beam',
    ...(!sample && beams > 1 && { beams }),
    nBest,
    lengthPenalty,
    ...(temperature !== undefined && { temperature }),
    ...(seed !== undefined && { seed }),
    ...(sentences !== undefined && { sentences }),
    ...(prefix !== undefined && { prefix }),
    ...(coverage !== undefined && { coverage }),
    ...(banRepeats !== undefined && { noRepeatNgram: banRepeats }),
  };
}

function lines({ text, pieces }: Translation, nBest: number): string {
  if (nBest === 1 || pieces.length === 0) return `${text}\n`;
  return pieces
    .map(({ hypotheses }) => hypotheses.map(({ score, text }) => `${score.toFixed(4)}\t${text}\n`).join(''))
    .join('\n');
}

function plain({ source, text, pieces }: Translation): object {
  return {
    source,
    text,
    pieces: pieces.map(({ source, hypotheses }) => ({
      source,
      hypotheses: hypotheses.map(({ text, score, logProbability }) => ({ text, score, logProbability })),
    })),
  };
}
