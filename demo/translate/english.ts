import type { SkipReason, SkippedRows } from '../../engine/data';
import { english as training } from '../train/english';
import type { Phase, ScoreName, SizeId, TranslateEvent } from './session/protocol';

const list = ({ count, lines }: SkippedRows): string =>
  `${count === 1 ? 'line' : 'lines'} ${lines.join(', ')}${count > lines.length ? ', …' : ''}`;

/** Why the browser does not keep a run. */
const unkept: Readonly<Record<(TranslateEvent & { kind: 'unkept' })['why'], (reason: string) => string>> = {
  room: () =>
    'The browser has no room left to keep this run. The last one that was kept stays. Save this one to a file before you close the page.',
  tab: () =>
    'Another tab trains, too, and the browser keeps its run, not this one. This one goes on, and is kept once that tab is closed; save it to a file before you close the page.',
  error: (reason) =>
    `This run cannot be kept in the browser (${reason}). It goes on; save it to a file before you close the page.`,
};

/** What the Translate page says in English, with the frame's and the training's own strings. */
export const english = {
  ...training,
  recoveredIdle: 'The GPU device was lost. A new one took over.',

  translating: 'Translate',
  model: 'Model',
  models: {
    phonemes: 'Letters to phonemes',
    french: 'English to French',
    chinese: 'English to Chinese',
  } as Readonly<Record<string, string>>,
  own: 'Your own',
  noModel: 'There is no model yet. Train one below: letters to phonemes takes minutes. Or load a file.',
  openingModel: 'Opening the model …',
  modelFacts: (parameters: string, layers: number, heads: number) =>
    `${parameters} weights, ${layers} layers of ${heads} heads`,
  about: 'About this model',
  card: {
    data: 'Data',
    licence: 'Licence',
    training: 'Training',
    adapter: 'Adapter',
    scores: 'Held out',
  } as Readonly<Record<string, string>>,
  source: 'Text',
  examples: 'Examples',
  translate: 'Translate',
  stopTranslating: 'Stop translating',
  longText: 'A text this long waits for Translate.',
  beams: 'Beam size',
  greedy: '1 (greedy)',
  lengthPenalty: 'Length penalty',
  took: (milliseconds: string) => `${milliseconds} ms`,
  tookFirst: (kernels: number, milliseconds: string) =>
    `first run: ${kernels} kernels compiled, ${milliseconds} ms in all`,
  tookParts: (parts: number, milliseconds: string) => `in ${parts} parts, ${milliseconds} ms`,
  part: 'Part',
  partNote: 'The model read the text in these parts. Choose one to see its candidates and its map.',
  outputLabel: 'Translation',
  outputEmpty: 'The translation appears here, word by word.',
  hypotheses: 'Candidates of the beam',
  score: 'Score',
  hypothesisTitle: (score: string, logProbability: string) =>
    `score ${score}, log-probability ${logProbability}`,

  attention: 'What it attends to',
  attentionIntro:
    'Each row is a token that was written, each column one that was read; the darker, the more the decoder drew on it.',
  attentionEmpty: 'The map of a translation appears here.',
  layer: 'Layer',
  head: 'Head',
  mean: 'mean',
  /** How the map names tokens that are no text, where not as the vocabulary does. */
  specials: {} as Readonly<Record<string, string>>,
  units: 'Units',
  words: 'Words',
  pieces: 'Tokens',
  sourceAxis: 'read',
  targetAxis: 'written',
  sourceSentence: 'Source, token by token',
  targetSentence: 'Translation, token by token',
  saveSvg: 'Save SVG',
  savePng: 'Save PNG',
  pointHint: 'Point at a word or a cell, or walk with the arrow keys.',
  targetReads: (token: string, from: string) => `“${token}” read ${from}`,
  sourceRead: (token: string, by: string) => `“${token}” was read for ${by}`,
  cellShare: (target: string, source: string, share: string) =>
    `“${target}” drew ${share} of its attention from “${source}”`,
  shareOf: (token: string, share: string) => `“${token}” ${share}`,
  mapLabel: (target: number, source: number, layer: string, head: string) =>
    `Cross-attention: ${target} rows written by ${source} columns read, layer ${layer}, head ${head}`,

  trainYourOwn: 'Train your own',
  trainIntro:
    'Choose pairs and a size, press Train, and it learns in this tab. What it knows can be tried above at any time.',
  data: 'Data',
  corpora: {
    phonemes: 'Letters to phonemes',
    french: 'English to French',
    chinese: 'English to Chinese',
    own: 'Your own pairs',
  } as Readonly<Record<string, string>>,
  corpusNotes: {
    phonemes: 'words and how they sound · minutes',
    french: 'messages of programs',
    chinese: 'messages of programs',
    own: 'a TSV file: source, tab, target',
  } as Readonly<Record<string, string>>,
  pairs: (count: string) => `${count} pairs`,
  corpusFacts: (count: string, source: string, licence: string) => `${count} pairs. ${source}. ${licence}.`,
  paste: 'Paste pairs here, one a line: source, tab, target. A TSV file can be dropped anywhere.',
  pasteLabel: 'Your pairs',
  pastedPairs: 'Pasted pairs',
  usePasted: 'Use these',
  chooseFile: 'Choose a file',
  reading: 'Reading the pairs …',
  noPairs: 'No pairs are chosen yet.',
  pairsFacts: (title: string, count: string) => `${title}: ${count} pairs`,
  skipped: (reason: SkipReason, rows: SkippedRows) =>
    `${rows.count} ${
      {
        empty: 'empty',
        missingColumn: 'with a column missing',
        emptyField: 'with an empty source or target',
        openQuote: 'with a quotation mark that is never closed',
      }[reason]
    } (${list(rows)})`,
  skippedRows: (count: number, reasons: string) =>
    `${count} ${count === 1 ? 'row' : 'rows'} skipped: ${reasons}.`,
  furtherColumns: (count: string) => `Columns after the second were ignored in ${count} rows.`,
  sizes: { tiny: 'Tiny', small: 'Small' } satisfies Record<SizeId, string>,
  shape: (layers: number, width: number) => `${layers} + ${layers} layers × ${width}`,
  parameters: (count: string) => `${count} weights + embedding`,
  phases: {
    text: 'Reading the pairs',
    vocabulary: 'Learning the vocabulary',
    encode: 'Encoding the pairs',
    compile: 'Compiling kernels',
  } satisfies Record<Phase, string>,
  continues: (step: number) => `Train goes on from step ${step}.`,
  startsNew:
    'The pairs, the size or the learning rate changed: Train starts a new model and forgets this one.',
  replaceQuestion: (step: number) =>
    `Forget the run at step ${step} and train a new one? Save it first if you want to keep it.`,
  loadQuestion: (step: number, name: string) =>
    `The run at step ${step} is not saved to a file. Let ${name} take its place all the same?`,
  kept: (step: number, title: string) =>
    `The run on “${title}” that this browser kept is back, at step ${step}. Resume goes on with it.`,
  dataReport: (train: string, held: string, vocabulary: string, padding: string) =>
    `${train} pairs to learn from, ${held} held out; ${vocabulary} tokens; ${padding} padding`,
  pairsNeeded: (title: string) =>
    `To train this model further, choose the pairs that it learned from: ${title}. It can translate already.`,
  unkept,
  stopFirst: 'Stop training before choosing other pairs.',
  curve: 'Loss',
  scoreNames: { bleu: 'BLEU', per: 'Phoneme error rate' } satisfies Record<ScoreName, string>,
  scoreNotes: {
    bleu: 'held-out pairs; higher is better',
    per: 'held-out words, %; lower is better',
  } satisfies Record<ScoreName, string>,
  scoreEmpty: 'A score of held-out pairs at every evaluation.',
  scoreSummary: (name: string, step: number, score: string) =>
    `${name} by step. At step ${step} it is ${score}.`,
  samples: 'Held-out pairs',
  samplesEmpty: 'At every evaluation the model translates a few pairs that it does not learn from.',
  sampleSource: 'Source',
  sampleReference: 'Reference',
  sampleOutput: 'Model',
  samplesAt: (step: number) => `as of step ${step}`,
  dropHint: 'Drop pairs (.tsv) or a checkpoint (.safetensors)',
};

export type TranslateStrings = typeof english;
