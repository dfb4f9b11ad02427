/** What the page Next says in English. */
import type { RunState } from '../session/protocol';
import { english as training } from '../train/english';
import type { PresetName } from './shop/presets';

const { settings, locked, train, pause, resume, stop, saveModel, startOver, states } = training;
const { step, of, loss, asIfAmong, stepTime, progress, left, atStep, guessing, seed, validation } = training;

export const english = {
  ...{ settings, locked, train, pause, resume, stop, saveModel, startOver },
  ...{ step, of, loss, asIfAmong, stepTime, progress, left, atStep, guessing, seed, validation },
  states: states satisfies Record<RunState, string>,
  phases: { compile: training.phases.compile },
  model: 'Recommender',
  save: 'Save recommender',
  load: 'Open recommender',
  perSecond: 'Items/s',

  data: 'Whose choices',
  shop: 'The shop',
  own: 'Your own',
  stories: {
    shop: 'A made-up shop for hobbies: 120 goods, 3,000 drawn customers. Each takes up two hobbies or three and goes on with one or another of them, mostly in the usual order; one purchase in twelve is anything. So we know what can be known.',
    own: 'A table with a choice in each row: who, what and, if known, when (CSV, TSV or JSON lines). It stays in this tab.',
  },
  chooseFile: 'Choose a table',
  dropHint: 'Drop a table of choices, or a saved recommender',
  noTable: 'No table is chosen yet.',
  notTable: (name: string) =>
    `${name} is no table: choose a .csv, .tsv or .jsonl file, or a saved .safetensors.`,
  userColumn: 'Who',
  itemColumn: 'What',
  timeColumn: 'When',
  noTime: 'as rows stand',
  fewestUsers: 'Users of an item, at least',
  fewestItems: 'Items of a user, at least',
  facts: (users: string, items: string, choices: string) =>
    `${users} users, ${items} items, ${choices} choices`,
  epochs: 'Epochs, at most',
  off: '',
  again: 'What was taken may come again',
  modelFacts: (parameters: string) =>
    `SASRec: 2 layers, 32 numbers an item, reads the last 24; ${parameters} weights`,
  startsNew: 'Train learns from these choices; the recommender of before answers until then.',
  startsAgain: 'Train starts over with fresh weights: the same seed learns the same.',
  isShipped: 'This recommender learnt from the shop before you came, as Train would do it.',

  basket: 'So far',
  basketHint: 'Press one to take it out. Shaded: how much the model looked at it.',
  basketShaded: (item: string) => `Shaded: how much less likely ${item} would be without it.`,
  basketEmpty: 'Nothing yet: press something below, or one of these.',
  basketEmptyOwn: 'Nothing yet: add an item by its name.',
  presets: {
    camper: 'Camps, likes coffee',
    guitarist: 'Plays the guitar, bakes',
    cyclist: 'Cycles with a camera',
    climber: 'Begins to climb',
  } satisfies Record<PresetName, string>,
  presetsLabel: 'Customers to begin with',
  undo: 'Undo',
  clear: 'Clear',
  add: 'Add',
  addLabel: 'Add an item by its name',
  notItem: (name: string) => `There is no item “${name}”.`,
  takeOut: (item: string, share: string) => `${item}, ${share}: take it out`,

  next: 'What comes next',
  byModel: 'The model',
  byMarkov: 'A Markov chain',
  byPopularity: 'Popularity',
  modelNote: 'by everything so far',
  markovNote: 'by what mostly followed the last item',
  popularityNote: 'by what everybody takes',
  takes: (item: string) => `Take ${item}`,
  because: (item: string, reasons: string) => `${item}, because of ${reasons}.`,
  reason: (item: string, now: string, then: string) => `${item} (without it ${then} instead of ${now})`,
  /** No item alone makes a difference. */
  becauseNone: (item: string) => `${item}: no item alone decides; without any of them it is as likely.`,
  looked: (reasons: string) => `It looked most at ${reasons}. Point at a suggestion for its own reasons.`,
  lookedItem: (item: string, share: string) => `${item} (${share})`,
  and: ' and ',
  space: ' ',
  noBaselines:
    'A recommender from a file does not say whose choices it learnt from: there is nothing to compare with.',

  shelves: 'The shelves',
  score: 'How well',
  scoreIntro: (k: number, cases: string) =>
    `Each of ${cases} users’ last item is hidden and ranked among all items that may come. HR@${k}: how often it is among the first ${k}. nDCG@${k}: the further ahead, the more it counts.`,
  scoreEmpty: 'Train, and each user’s last item is hidden to see whether it is found.',
  who: 'Who ranks',
  spread: (least: string, most: string) => `Over three seeds, HR@10 of the model is ${least} to ${most}.`,
  lastChoice: 'While it learns',
  hits: (share: string) => `HR@10 ${share}`,
  gains: (share: string) => `nDCG@10 ${share}`,
  chartEmpty: 'On what each user took last but one, while it learns.',
  chartSummary: (at: number, hits: string, gains: string) =>
    `At step ${at}: HR@10 ${hits}, nDCG@10 ${gains}.`,
  curve: 'Loss',
  curveTraining: 'training',
  curveValidation: '',
  curveEmpty: 'The loss of the next item, over all items.',
  curveSummary: (at: number, trained: string) => `Loss by step. At step ${at} it is ${trained}.`,

  leftOut: 'What was left out, and why',
  rowSkipped: (row: number, reason: string) => `Row ${row}: ${reason}`,
  leftCounts: (users: string, items: string, rows: string) =>
    `Too rare by the limits that are set: ${users} users and ${items} items, with ${rows} rows.`,
  shortUsers: (count: string) => `${count} users have fewer than three items: learnt from, and not judged.`,
  reorderedUsers: (count: string) => `Rows of ${count} users stood out of order and were sorted by time.`,
  nothingLeft: 'Nothing: every row counts.',

  saved: (name: string) => `Saved ${name}.`,
  forgetQuestion: 'Forget the recommender that learnt from your table? Save it first if you want to keep it.',
  stopFirst: 'Stop training first.',
  recovered: 'The GPU device was lost. A new one took over; nothing is lost.',
  recorded:
    'Without WebGPU nothing can be computed here. These are recordings: the customers to begin with, and each with one more good. What is missing: other baskets, your own table, and learning.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  notRecorded: 'That was not recorded: choose one of the customers, then one of the suggestions.',
  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type NextStrings = typeof english;
