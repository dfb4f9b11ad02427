/** Makes of a visitor's text what a model learns from: batches, a part that is held out, and what to minimise. */
import {
  classify,
  DataError,
  encodeLong,
  maskedToken,
  nextToken,
  randomWindows,
  TextBatches,
  windows,
  type LabelledText,
  type Objective,
  type TextBatch,
} from '../../../engine/index';
import type { OpenModel } from './model';
import type { LearnRun } from './protocol';

/** `B`: one batch, of whatever kind the objective reads. */
export interface Lesson<B = unknown> {
  readonly objective: Objective<B>;
  readonly batches: (step: number) => B;
  readonly validation: readonly B[] | undefined;
  readonly tokens: LearnRun['tokens'];
  readonly skipped: LearnRun['skipped'];
}

/** The objective's batches are those that come with it: nobody else has to know of which kind they are. */
const lesson = <B, M>(
  given: Omit<Lesson<B>, 'objective'> & { readonly objective: Objective<B, M> },
): Lesson => given as unknown as Lesson;

/** Tokens of a batch, and of a text at most. */
const TOKENS = 512;
const LENGTH = 128;
/** Share that is held out, and batches of it that are judged by. */
const HELD = 0.1;
const JUDGED = 4;

/** Throws `DataError` for a text that is too short to learn from, and rows without a class. */
export function lessonOf(model: OpenModel, text: string, signal: AbortSignal): Promise<Lesson> {
  const { learns, storage, use } = model.info;
  if (storage !== 'f32') {
    throw new DataError('Learn', `weights stored as ${storage} do not learn`, 'Load the model with 32 bits.');
  }
  if (learns === null) {
    throw new DataError('Learn', 'a model of this kind does not learn here', 'Train it by heed/models.');
  }
  if (learns === 'rows') return Promise.resolve(classes(model, text));
  return use === 'fill' ? Promise.resolve(fillingIn(model, text)) : goingOn(model, text, signal);
}

async function goingOn({ tokenizer, info }: OpenModel, text: string, signal: AbortSignal): Promise<Lesson> {
  const ids = await encodeLong(tokenizer, text, { signal });
  const length = Math.min(info.context, LENGTH, Math.floor(ids.length / 2));
  if (length < 8) {
    throw new DataError('Learn', `the text has ${ids.length} tokens`, 'Give it some sentences at least.');
  }
  const batch = Math.max(1, Math.floor(TOKENS / length));
  const cut = ids.length - Math.floor(HELD * ids.length);
  const [train, held] = [ids.subarray(0, cut), ids.subarray(cut)];
  const enough = held.length > batch * length;
  return lesson({
    objective: nextToken({ batch, length }),
    batches: randomWindows(train, { batch, length }),
    // A short text has no whole batch to be judged by; it is learnt all the same.
    validation: enough ? windows(held, { batch, length, limit: JUDGED }) : undefined,
    tokens: { train: train.length, validation: enough ? held.length : 0 },
    skipped: [],
  });
}

function fillingIn(model: OpenModel, text: string): Lesson {
  const { tokenizer, loaded } = model;
  const { mask } = tokenizer.special;
  const rows = linesOf(text).map(({ line }) => ({ ids: tokenizer.encode(line) }));
  const { batches, held } = split(rows, model);
  const { vocabulary } = (loaded.model as { readonly config: { readonly vocabulary: number } }).config;
  const specials = Object.values(tokenizer.special);
  return lesson({
    objective: maskedToken(batches, { mask: mask!, vocabulary, specials }),
    ...feeding(batches, held),
    skipped: [],
  });
}

function classes(model: OpenModel, text: string): Lesson {
  const { tokenizer, info } = model;
  const rows: LabelledText[] = [];
  const skipped: { line: number; why: LearnRun['skipped'][number]['why'] }[] = [];
  const unknown = new Set<string>();
  for (const { line, number } of linesOf(text)) {
    const tab = line.indexOf('\t');
    const [label, content] = [line.slice(0, tab).trim(), line.slice(tab + 1).trim()];
    const why = tab < 0 ? 'no tab' : label === '' ? 'no label' : content === '' ? 'no text' : null;
    if (why) {
      skipped.push({ line: number, why });
      continue;
    }
    const index = info.labels.indexOf(label);
    if (index < 0) unknown.add(label);
    else rows.push({ ids: tokenizer.encode(content), label: index });
  }
  if (unknown.size > 0) {
    const few = [...unknown].slice(0, 5).join(', ');
    throw new DataError(
      'Learn',
      `the model has no class ${few}${unknown.size > 5 ? ', …' : ''}`,
      `Its classes are ${info.labels.join(', ')}: write one of them before the tab.`,
    );
  }
  const { batches, held } = split(rows, model);
  return lesson({
    objective: classify(batches, { classes: info.labels.length }),
    ...feeding(batches, held),
    skipped,
  });
}

function linesOf(text: string): { readonly line: string; readonly number: number }[] {
  return text
    .split('\n')
    .map((line, i) => ({ line: line.replace(/\r$/, ''), number: i + 1 }))
    .filter(({ line }) => line.trim() !== '');
}

/** Every tenth row is held out, where there are ten. Rows are cut to what the model learns from at once. */
function split<R extends { readonly ids: ArrayLike<number> }>(
  rows: readonly R[],
  { tokenizer, loaded, info }: OpenModel,
) {
  if (rows.length < 2) {
    throw new DataError('Learn', `there are ${rows.length} rows to learn from`, 'Give some lines at least.');
  }
  const every = Math.round(1 / HELD);
  const isHeld = (i: number): boolean => rows.length >= every && i % every === every - 1;
  // Decoders tell by an id of their own where a text ends.
  const { padding } = loaded.model as { readonly padding?: number | null };
  const filled = { pad: padding ?? tokenizer.special.pad ?? 0, long: 'cut' } as const;
  const batches = new TextBatches(
    rows.filter((_, i) => !isHeld(i)),
    { ...filled, tokens: TOKENS, maxShapes: 2, maxLength: Math.min(info.context, LENGTH) },
  );
  const apart = rows.filter((_, i) => isHeld(i));
  const held =
    apart.length > 0 ? new TextBatches(apart, { ...filled, shapes: batches.shapes, shuffle: false }) : null;
  return { batches, held };
}

function feeding<R extends { readonly ids: ArrayLike<number> }>(
  batches: TextBatches<R>,
  held: TextBatches<R> | null,
): Pick<Lesson<TextBatch<R>>, 'batches' | 'validation' | 'tokens'> {
  return {
    batches: (step) => batches.at(step),
    validation: held
      ? Array.from({ length: Math.min(JUDGED, held.perEpoch) }, (_, k) => held.at(k))
      : undefined,
    tokens: { train: batches.tokens.real, validation: held?.tokens.real ?? 0 },
  };
}
