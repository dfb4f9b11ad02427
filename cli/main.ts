/** `npx heed`: what can be asked for, and how errors are told. What a command needs is loaded when it runs. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import process from 'node:process';
import { DataError, WEIGHT_STORAGES } from '../engine/index';
import { canonicalLanguage, METRICS_VERSION } from '../engine/metrics/index';
import type { PipelineTask } from '../models/tasks/index';
import type { ChatArguments } from './chat';
import type { EmbedArguments } from './embed';
import type { EvaluateArguments } from './evaluate';
import { FINETUNED, isFinetuned } from './finetuned';
import type { FinetuneArguments } from './finetune';
import type { InspectArguments } from './inspect';
import { CHAT_HELP, flag, RESUME_HELP, STATUS_HELP, TRANSLATION_OPTIONS, UsageError } from './options';
import type { RunArguments } from './run';
import type { ScoreArguments } from './score';
import type { TrainArguments } from './train';
import type { TranslateArguments } from './translate';
import type { TuneArguments } from './tune';
import { TUNE_KINDS } from './tune_kinds';

const PIPELINE_TASKS = [
  'text-classification',
  'token-classification',
  'question-answering',
  'fill-mask',
  'zero-shot-classification',
  'feature-extraction',
  'text-generation',
  'text2text-generation',
  'summarization',
  'translation',
] as const satisfies readonly PipelineTask[];

/** int8 and int4 are rounded to while the model is loaded. */
const storageOption = (): Option =>
  new Option('--storage <kind>', 'what weights are stored as on the GPU (default: f32)').choices(
    WEIGHT_STORAGES,
  );

/** The exit status: 0, 1 for an error, 2 for a wrong command line, 130 for an interrupted training. */
export async function main(args: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command('heed')
    .description('Transformers on WebGPU: runs models of Hugging Face, trains models that translate.')
    .version(METRICS_VERSION.replace(/^heed-/, ''), '-V, --version', 'what this is a version of')
    .showHelpAfterError('(--help tells what there is)')
    .addHelpText('afterAll', STATUS_HELP)
    .exitOverride();

  program
    .command('train')
    .description(
      'Train a model on pairs of texts, or fine-tune a checkpoint on examples; Ctrl-C saves, --resume goes on.',
    )
    .addHelpText('after', RESUME_HELP)
    .addOption(
      new Option('--task <task>', 'what is learnt (default: translate)').choices([
        ...['translate', 'phonemes'],
        ...FINETUNED,
      ]),
    )
    .option(
      '--data <file…>',
      'pairs: TSV (or .gz), or one of phonemes, french, chinese (from npm packages); to fine-tune CSV, TSV, JSONL, or CoNLL for tag; may be given again',
      collect,
    )
    .option('--columns <a,b>', 'columns of source and target, from 1 (default: 1,2)', columns)
    .option('--languages <a,b>', 'of source and target, such as en,fr', languages)
    .option(
      '--out <path>',
      'weights to translate with (default: heed-model.safetensors), or a folder (heed-model)',
    )
    .addOption(
      new Option('--resume', 'go on with the training that stands beside --out').conflicts('overwrite'),
    )
    .option('--overwrite', 'begin anew where --out or a training is already')
    .addOption(
      new Option('--preset <size>', 'of the model (default: small, or tiny for phonemes)').choices([
        'tiny',
        'small',
        'base',
      ]),
    )
    .option('--steps <n>', 'updates in all (default by preset: 5000, 20000, 100000)', whole(1))
    .option(
      '--tokens <n>',
      'tokens of a batch, padding included (default by preset: 1024, 4096, 8192)',
      whole(2, 1e7),
    )
    .option('--accumulate <n>', 'batches of an update (default: 1)', whole(1, 1e6))
    .option('--vocabulary <n>', 'subwords (default: 8000, fewer where there are few pairs)', whole(260, 1e6))
    .option('--max-length <n>', 'tokens of a text; longer pairs are left out (default: 100)', whole(2, 1e5))
    .option('--lr <x>', 'peak learning rate (default by preset: 3e-3, 2e-3, 7e-4)', positive)
    .option('--warmup <n>', 'updates of the warm-up (default: a tenth of all, at most 4000)', whole(0))
    .addOption(
      new Option('--schedule <kind>', 'after the warm-up (default: inverse_square_root)').choices([
        'inverse_square_root',
        'cosine',
        'linear',
      ]),
    )
    .option('--dropout <x>', 'share of activations (default: 0.1)', share)
    .option('--smoothing <x>', 'of labels (default: 0.1)', share)
    .option('--seed <n>', 'of weights, dropout and batches (default: 0)', whole(0, 2 ** 32 - 1))
    .option(
      '--validation <n>',
      'pairs held out to watch by: a number, or a share below 1 (default: a twentieth, at most 1000 pairs)',
      amount,
    )
    .option('--test <n>', 'pairs held out for a score at the end (default: 0)', amount)
    .option(
      '--evaluate-every <n>',
      'updates between evaluations (default: a twentieth of all, at most 1000)',
      whole(1),
    )
    .option('--checkpoint-every <n>', 'updates between checkpoints (default: at evaluations)', whole(1))
    .option('--sample <n>', 'validation pairs that evaluations translate (default: 200)', whole(1))
    .option(
      '--monitor <metric>',
      'what is best: bleu, chrf, per, wer, loss (default: bleu, or per for phonemes); to fine-tune any metric that is told',
    )
    .option('--patience <n>', 'stop after so many evaluations without progress (default: never)', whole(1))
    .option('--average <n>', 'average the weights of so many last evaluations (default: 5)', whole(1, 1000))
    .option('--title <text>', "for the model's card")
    .option('--licence <text>', 'of the data, for the card')
    .optionsGroup('To fine-tune (--task classify, regress, tag, answer, embed):')
    .option('--model <model>', 'a folder, or an id of the hub')
    .option('--text <column>', 'of texts (default: text)')
    .option(
      '--pair <column>',
      'of texts that are read with them; of embed, that belong to them (default there: pair)',
    )
    .option('--label <column>', 'of labels, or numbers (default: label)')
    .option('--separator <mark>', 'what is between labels, where texts have several')
    .addOption(
      new Option('--alike <how>', 'labels that differ in case or white space only are').choices([
        'same',
        'apart',
      ]),
    )
    .option('--question <column>', 'of questions (default: question)')
    .option('--context-column <column>', 'of the texts that they are about (default: context)')
    .option('--answer <column>', "of answers, texts or as SQuAD's tables have them (default: answers)")
    .addOption(new Option('--class-weights <how>', 'of rare classes').choices(['balanced']))
    .option('--held <x>', 'share of the examples to judge by (default: 0.2)', share)
    .option('--epochs <x>', 'times that each example is met (default: 3)', positive)
    .option(
      '--freeze <layers>',
      "so many of the lowest layers learn nothing; 'body': only the head learns",
      freeze,
    )
    .option('--layer-decay <x>', 'learning rates fall by this from layer to layer (default: 1)', positive)
    .option('--adversarial <x>', 'ε of the fast gradient method (default: 0, none)', nonNegative)
    .option('--noise <x>', 'a copy of each text has this share of its letters wrong', share)
    .option('--log <folder>', "for TensorBoard's events and a CSV")
    .action(
      async (options: Omit<TrainArguments, 'task'> & Omit<FinetuneArguments, 'task'> & { task?: string }) => {
        const { finetune, FINETUNE_OPTIONS } = await import('./finetune');
        const { task } = options;
        const own = isFinetuned(task);
        const foreign = Object.keys(options).find((name) =>
          own ? !FINETUNE_OPTIONS.includes(name) : !TRANSLATION_OPTIONS.includes(name),
        );
        if (foreign !== undefined)
          throw new UsageError(flag(foreign), `it is not for --task ${task ?? 'translate'}`, 'Leave it out.');
        if (own) status = await finetune({ ...options, task });
        else {
          expectMonitor(options.monitor);
          const { train } = await import('./train');
          status = await train({ out: 'heed-model.safetensors', ...(options as Partial<TrainArguments>) });
        }
      },
    );

  program
    .command('tune')
    .description(
      'Teach a language model a text by an adapter, a few numbers beside its weights, and write it as PEFT does; Ctrl-C saves, --resume goes on.',
    )
    .argument('<model>', 'a folder, or an id of the hub')
    .option('--data <file…>', 'plain text in UTF-8; may be given again', collect)
    .addOption(new Option('--kind <kind>', 'of adapter').choices(TUNE_KINDS).default('lora'))
    .option('--rank <n>', 'of lora, dora; of adalora in the end (default: 8)', whole(1, 1e5))
    .option('--alpha <x>', 'of lora, dora, adalora (default: twice the rank)', positive)
    .option('--dropout <x>', 'of what lora, dora, adalora read (default: 0)', share)
    .option(
      '--targets <module…>',
      'ends of names of layers (default: all linear); may be given again',
      collect,
    )
    .option(
      '--prefix-length <n>',
      'rows of prefix, virtual tokens of prompt, p-tuning (default: 16)',
      whole(1, 1e5),
    )
    .addOption(storageOption())
    .option('--out <folder>', 'of the adapter', 'heed-adapter')
    .option('--merge <folder>', 'write the whole model with the adapter merged, too')
    .addOption(new Option('--resume', 'go on with the training that stands in --out').conflicts('overwrite'))
    .option('--overwrite', 'begin anew where something stands already')
    .option('--epochs <x>', 'times that the text is met (default: 3)', positive)
    .option('--steps <n>', 'updates, instead of epochs', whole(1))
    .option('--batch <n>', 'windows of an update', whole(1, 1e5), 4)
    .option('--window <n>', 'tokens of a window (default: what the model reads, at most 256)', whole(1, 1e6))
    .option('--lr <x>', 'peak learning rate', positive, 5e-4)
    .option('--held <x>', 'share of the text, from its end, to judge by', share, 0.1)
    .option('--seed <n>', 'of the adapter and of batches', whole(0, 2 ** 32 - 1), 0)
    .option('--evaluate-every <n>', 'updates between evaluations (default: a tenth of all)', whole(1))
    .option('--patience <n>', 'stop after so many evaluations without progress (default: never)', whole(1))
    .option('--log <folder>', "for TensorBoard's events and a CSV")
    .action(async (model: string, options: TuneArguments) => {
      const { tune } = await import('./tune');
      status = await tune(model, options);
    });

  program
    .command('evaluate')
    .description('How well a model does on examples: accuracy, F1 and the like, by class.')
    .argument('<model>', 'a folder, or an id of the hub')
    .addOption(new Option('--task <task>', 'what it does').choices(FINETUNED).makeOptionMandatory())
    .option('--data <file…>', 'CSV, TSV, JSONL, or CoNLL for tag; may be given again', collect)
    .option('--text <column>', 'as of train')
    .option('--pair <column>', 'as of train')
    .option('--label <column>', 'as of train')
    .option('--separator <mark>', 'as of train')
    .addOption(new Option('--alike <how>', 'as of train').choices(['same', 'apart']))
    .option('--question <column>', 'as of train')
    .option('--context-column <column>', 'as of train')
    .option('--answer <column>', 'as of train')
    .option(
      '--max-length <n>',
      'tokens of a text (default: what the model reads, at most 512)',
      whole(3, 1e5),
    )
    .option('--json', 'one object')
    .action(async (model: string, options: EvaluateArguments) => {
      const { evaluate } = await import('./evaluate');
      status = await evaluate(model, options);
    });

  program
    .command('translate')
    .description('Translate texts: those given, or the lines of the standard input.')
    .argument('[text...]', 'each is translated by itself')
    .requiredOption('--model <file>', 'weights or a checkpoint that train wrote')
    .option('--beams <n>', 'of beam search; 1 is greedy', whole(1), 4)
    .option('--n-best <n>', 'translations of each text, with scores', whole(1), 1)
    .option('--length-penalty <x>', 'above 0 favours long translations', bounded, 1)
    .option('--coverage <x>', 'penalty for words of the source that were passed over', nonNegative)
    .option('--ban-repeats <n>', 'no sequence of so many tokens twice', whole(0))
    .option('--sample', 'draw translations instead of searching')
    .option('--temperature <x>', 'of --sample', positive)
    .option('--seed <n>', 'of --sample', whole(0, 2 ** 32 - 1))
    .option('--sentences', 'cut every text into sentences')
    .option('--prefix <text>', 'what translations begin with')
    .option('--json', 'one object a line, with scores and pieces')
    .action(async (texts: string[], options: TranslateArguments) => {
      const { translate } = await import('./translate');
      status = await translate(texts, options);
    });

  program
    .command('score')
    .description(
      'Translate the sources of pairs and compare with their targets: BLEU, or phoneme error rate.',
    )
    .requiredOption('--model <file>', 'weights or a checkpoint that train wrote')
    .option('--data <file…>', 'pairs, as for train; may be given again', collect)
    .option('--columns <a,b>', 'columns of source and target, from 1 (default: 1,2)', columns)
    .option('--limit <n>', 'only so many pairs, spread over the file', whole(1))
    .option('--beams <n>', 'of beam search; 1 is greedy', whole(1), 4)
    .option('--length-penalty <x>', 'above 0 favours long translations', bounded, 1)
    .action(async (options: ScoreArguments) => {
      const { score } = await import('./score');
      status = await score(options);
    });

  program
    .command('run')
    .description(
      'Run a model of Hugging Face on texts, or on the lines of the standard input; JSON, a line each.',
    )
    .argument('<model>', 'a folder, or an id of the hub (HF_TOKEN: its access token)')
    .argument('[text...]', 'each by itself; the questions of question-answering')
    .addOption(new Option('--task <task>', 'what it is to do').choices(PIPELINE_TASKS).makeOptionMandatory())
    .addOption(storageOption())
    .option('--context <text>', 'of question-answering: what the answers are in')
    .option('--labels <label…>', 'of zero-shot-classification; may be given again', collect)
    .option('--top-k <n>', 'results of each text', whole(1))
    .option('--tokens <n>', 'the most new tokens', whole(1))
    .option('--temperature <x>', 'of text-generation; 0 is greedy', nonNegative)
    .action(async (model: string, texts: string[], options: RunArguments) => {
      const { run } = await import('./run');
      status = await run(model, texts, options);
    });

  program
    .command('chat')
    .description(
      'Talk with a model that was taught to: on a terminal, or with the lines of the standard input.',
    )
    .argument('<model>', 'a folder, or an id of the hub')
    .option('--system <text>', 'what it is to know or to be from the beginning')
    .option('--template <name>', 'of several chat templates the one to use, or a file with one in Jinja')
    .option('--tokens <n>', 'the most tokens of an answer (default: what the context has room for)', whole(1))
    .option('--temperature <x>', '0 is greedy (default: as generation_config.json says)', nonNegative)
    .option('--seed <n>', 'of what is drawn', whole(0, 2 ** 32 - 1))
    .option('--json', 'one object a line')
    .addHelpText('after', CHAT_HELP)
    .action(async (model: string, options: ChatArguments) => {
      const { chat } = await import('./chat');
      status = await chat(model, options);
    });

  program
    .command('embed')
    .description('Texts, or the lines of the standard input, as vectors: JSON, a line each.')
    .argument('<model>', 'a folder, or an id of the hub')
    .argument('[text...]', 'each by itself')
    .addOption(storageOption())
    .option('--query <text>', 'write the texts by how near they are to this')
    .action(async (model: string, texts: string[], options: EmbedArguments) => {
      const { embed } = await import('./embed');
      status = await embed(model, texts, options);
    });

  program
    .command('inspect')
    .description('What a model is, and the GPU memory that it takes, before any weights are downloaded.')
    .argument('<model>', 'a folder, or an id of the hub')
    .option('--length <n>', 'tokens of a text (default: 512, or the context)', whole(1))
    .option('--batch <n>', 'texts at once (default: 1)', whole(1))
    .addOption(storageOption())
    .option('--f16', 'weights, caches and activations in half precision')
    .option('--json', 'one object')
    .action(async (model: string, options: InspectArguments) => {
      const { inspect } = await import('./inspect');
      status = await inspect(model, options);
    });

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has told
    if (!(error instanceof Error && 'where' in error)) throw error; // an EngineError says what to do, a stack would not
    // Heads are trained in code; a command line needs a model that has one.
    const message = error.message.replace(
      /To train [^.]* newHead\./,
      'Use a model that was trained for this.',
    );
    process.stderr.write(`heed: ${message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
  return status;
}

/** Metrics of translations. */
function expectMonitor(metric: string | undefined): void {
  const known = ['bleu', 'chrf', 'per', 'wer', 'loss'];
  if (metric === undefined || known.includes(metric)) return;
  throw new UsageError('--monitor', `it is ${metric}`, `Use one of ${known.join(', ')}.`);
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) throw new InvalidArgumentError('It must be a number.');
  return parsed;
}

/** What learning rates, temperatures and penalties may be: more is a slip, and not finite in float32. */
const LARGEST = 1000;

function bounded(value: string): number {
  const parsed = number(value);
  if (Math.abs(parsed) > LARGEST) throw new InvalidArgumentError(`It must be within ±${LARGEST}.`);
  return parsed;
}

function positive(value: string): number {
  const parsed = bounded(value);
  if (!(parsed > 0)) throw new InvalidArgumentError('It must be above 0.');
  return parsed;
}

function nonNegative(value: string): number {
  const parsed = bounded(value);
  if (!(parsed >= 0)) throw new InvalidArgumentError('It must be at least 0.');
  return parsed;
}

function share(value: string): number {
  const parsed = number(value);
  if (!(parsed >= 0 && parsed < 1)) throw new InvalidArgumentError('It must be at least 0 and below 1.');
  return parsed;
}

function amount(value: string): number {
  const parsed = number(value);
  if (!(parsed >= 0 && parsed <= MOST) || (parsed >= 1 && !Number.isInteger(parsed))) {
    throw new InvalidArgumentError(`It must be a share below 1 or a whole number up to ${MOST}.`);
  }
  return parsed;
}

/** Counts of anything: of updates, tokens, pairs. */
const MOST = 1e9;

function whole(least: number, most = MOST): (value: string) => number {
  return (value) => {
    const parsed = number(value);
    if (!Number.isInteger(parsed) || parsed < least || parsed > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return parsed;
  };
}

function freeze(value: string): number | 'body' {
  return value === 'body' ? value : whole(0, 1e4)(value);
}

function columns(value: string): readonly [number, number] {
  const [source, target, ...more] = value.split(',').map(whole(1));
  if (target === undefined || more.length > 0 || source === target)
    throw new InvalidArgumentError('Give two numbers that differ, such as 1,2.');
  return [source, target];
}

function languages(value: string): readonly [string, string] {
  const [source, target, ...more] = value.split(',');
  if (target === undefined || more.length > 0) {
    throw new InvalidArgumentError('Give two language codes, such as en,fr.');
  }
  try {
    return [canonicalLanguage(source), canonicalLanguage(target)];
  } catch (error) {
    if (error instanceof DataError) throw new InvalidArgumentError(`${error.what}. ${error.todo}`);
    throw error;
  }
}
