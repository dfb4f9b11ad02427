/** What the page Tasks says in English. */
import type { RunState } from '../session/protocol';
import { english as training } from '../train/english';
import { HEADS } from '../view/heads-strings';
import type { SettingName, TaskName } from './tasks/tasks';

const { settings, locked, train, pause, resume, stop, save, saveModel, load, startOver, states } = training;
const { step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, guessing, seed } = training;

export const english = {
  ...{ settings, locked, train, pause, resume, stop, save, saveModel, load, startOver },
  ...{ step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, guessing, seed },
  states: states satisfies Record<RunState, string>,
  phases: { compile: training.phases.compile },
  training: training.training,

  task: 'Task',
  names: {
    sort: 'Sort',
    reverse: 'Reverse',
    copy: 'Copy',
    add: 'Add',
    brackets: 'Brackets',
  } satisfies Record<TaskName, string>,
  stories: {
    sort: 'Write the digits again, smallest first: find the next one among all.',
    reverse: 'Write the digits backwards: look one place further back each time.',
    copy: 'Write the digits again: the simplest use of attention, looking up.',
    add: 'Add two numbers, ones first, with carries: look at a column, remember one bit.',
    brackets: 'Close what is open (✓ when nothing is), or see that it cannot be balanced (✗).',
  } satisfies Record<TaskName, string>,
  settingNames: {
    length: 'Longest input',
    digits: 'Different digits',
    kinds: 'Kinds of brackets',
    depth: 'Deepest nesting',
  } satisfies Record<SettingName, string>,
  addDigits: 'Digits each',
  model: 'Model',
  layers: 'Layers',
  heads: 'Heads in a layer',
  off: '',
  modelFacts: (parameters: string) => `${parameters} weights, 48 numbers a token`,
  validation: 'Held-out loss',
  left: 'At most',
  continues: (at: number) => `Resume goes on from step ${at}.`,
  startsNew: 'The settings changed: Train starts a new model and forgets this one.',
  startsAgain: 'Train starts over with fresh weights: the same seed learns the same.',

  examples: 'What it is to learn',
  examplesIntro: 'An input, then its answer. Press one to have the model answer it.',
  examplesSplit:
    'A quarter of all possible inputs is held out, by a hash of the input and the seed: training draws an input again until it is not one of them, so the model is judged by examples that it cannot have seen. Inputs that give each other away (12+7 and 7+12, rows of the same digits to sort) are on the same side.',
  curve: 'Loss',
  curveTraining: 'training',
  curveValidation: 'held out',
  curveEmpty: 'The loss of the answers’ tokens. Only they count: nobody can know what an input will be.',
  curveSummary: (at: number, trained: string, heldOut: string) =>
    `Loss by step. At step ${at} the training loss is ${trained}${heldOut ? `, that of held-out examples ${heldOut}` : ''}.`,
  accuracy: 'Accuracy on held-out examples',
  accuracyEmpty: 'How many answers are right from the first token to the last, and how many tokens.',
  answersRight: (share: string) => `whole answers ${share}`,
  tokensRight: (share: string) => `tokens ${share}`,
  accuracySummary: (at: number, answers: string, tokens: string) =>
    `Accuracy by step. At step ${at}, ${answers} of whole answers and ${tokens} of tokens are right.`,
  solved: (at: number, seconds: string, answers: string, examples: number) =>
    `Solved at step ${at}, after ${seconds} s of training: ${answers} of ${examples} held-out answers are right.`,
  unsolved: (at: number, answers: string, examples: number) =>
    `Not solved by step ${at}: ${answers} of ${examples} held-out answers are right. Another seed, fewer digits or more heads may do.`,
  stopRule: 'It stops by itself when 99 % of whole answers are right twice in a row.',
  places: 'By place in the answer',
  placesIntro: 'A row for each token of the answer, a column for each judgement: which are learnt first?',
  placesEmpty: 'The first rows to fill are those that the model learnt first.',
  placesAxis: 'answer token',
  stepsAxis: 'step',
  placesSummary: (at: number, shares: string) => `At step ${at}, by token of the answer: ${shares}`,
  placesCell: (at: number, place: number, share: string) => `Step ${at}, token ${place}: ${share} right`,

  ask: 'Ask it',
  askIntro:
    'It answers as it is now, token by token, each after its own before it; while it learns, again and again.',
  askLabel: 'Your input',
  askButton: 'Answer',
  askEmpty: 'Train first: an answer of fresh weights is noise.',
  placeholders: {
    sort: '31425',
    reverse: '31425',
    copy: '31425',
    add: '58+37',
    brackets: '([]',
  } satisfies Record<TaskName, string>,
  right: (count: number) => `All ${count} tokens are right.`,
  wrong: (right: number, count: number, answer: string) =>
    `${right} of ${count} tokens are right. The answer is ${answer}.`,
  /** Between two sentences. */
  space: ' ',
  asOf: (at: number) => `As of step ${at}.`,
  /** After a token and its probability. */
  givenRight: ', right',
  givenWrong: (truth: string) => `, wrong: ${truth} is right`,
  weighed: (token: string) => `What “${token}” was chosen from`,
  problems: {
    empty: 'Type an input.',
    symbol: (symbol: string, known: string) => `“${symbol}” is none of the symbols of this task: ${known}`,
    long: (length: number, most: number) => `That is ${length} long; this model reads at most ${most}.`,
    longNumber: (length: number, most: number) =>
      `A number has ${length} digits; this model adds numbers of at most ${most}.`,
    deep: (depth: number, most: number) => `It is nested ${depth} deep; this model knows at most ${most}.`,
    form: 'Type a sum of two numbers, such as 58+37.',
  },

  attention: 'The head that learnt it',
  attentionEmpty:
    'Every head is scored while it learns: how much of its attention goes to the tokens that the answer’s token is made from.',
  attentionIntro:
    'Each row is a token that reads and predicts the next one, each column a token that is read. Frames mark what the answer’s token is made from.',
  looksFor: {
    sort: 'For sorting, that is every place in the input that holds the digit which comes next.',
    reverse: 'For reversing, token i of the answer is token n + 1 − i of the input.',
    copy: 'For copying, token i of the answer is token i of the input.',
    add: 'For adding, both digits of the column; the last carry has none and is not scored.',
    brackets: 'For brackets, the opening one that a missing bracket closes; ✓ and ✗ are not scored.',
  } satisfies Record<TaskName, string>,
  best: (head: string, score: string, uniform: string) =>
    `${head} does it most: ${score} of its attention goes there; a head that attends to all alike would have ${uniform}.`,
  noHead: (score: string, uniform: string) =>
    `No head stands out: the best has ${score} there, one that attends to all alike ${uniform}. The work may be shared, or done another way.`,
  without: (share: string, whole: string) =>
    `With that head switched off, ${share} of whole answers are right instead of ${whole}.`,
  spared: (share: string) =>
    `Switching off that head alone costs little, ${share} of whole answers stay right: others make up for it.`,
  headColumn: 'Head',
  scoreColumn: 'Attention to it',
  withoutColumn: 'Right without it',
  headsTable: 'All heads',
  scores: 'Scores of the heads by step',
  otherLines: 'other heads',
  uniformLine: 'all alike',
  scoresSummary: (head: string, first: string, last: string) =>
    `${head}: from ${first} to ${last} of its attention.`,
  layerOf: (layer: number) => `Layer ${layer}`,
  ...HEADS.en,

  recovered: (at: number) => `The GPU device was lost. A new one took over; the model is back at step ${at}.`,
  recorded:
    'Without WebGPU nothing can learn here. These are recordings of real runs, one of each task: choose a task, press an example. What is missing: other settings, your own inputs, and watching it happen.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type TaskStrings = typeof english;
