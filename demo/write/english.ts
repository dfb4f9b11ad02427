import { english as training } from '../train/english';
import type { RunState } from '../session/protocol';
import { HEADS } from '../view/heads-strings';

const { temperature, topK, topP, off, english: brown, tang, pastedText } = training;

/** What the page Write says in English. */
export const english = {
  text: 'Text',
  textIntro:
    'Red lines are under what was written here. The darker the ground of a token, the less the model expected it. Press one to see what it was drawn from.',
  textEmpty: 'The model comes: 2.2 MB. Then it reads the text, here in this tab.',
  play: 'Write',
  pause: 'Pause',
  step: 'One token',
  undo: 'Undo',
  edit: 'Edit text',
  done: 'Read it',
  cancel: 'Cancel',
  editLabel: 'The text that the model goes on with',
  copy: 'Copy',
  copied: 'The text is copied.',
  notCopied: 'The text could not be copied.',
  pace: 'Tokens a second',
  state: (tokens: number, written: number, bits: string) =>
    `${tokens} tokens, ${written} of them written. ${bits} bits of surprise a token.`,
  longer: (context: number) => `The model reads the last ${context} tokens.`,
  ended: 'The model ended its text here.',
  full: (most: number) => `It stops by itself at ${most} tokens.`,
  tokenTold: (token: string, share: string, bits: string) => `“${token}”: ${share}, ${bits} bits of surprise`,

  next: 'What comes next',
  nextIntro:
    'The likeliest tokens, and how probable each is to be drawn. Press one to write it. A dot is a space; the line on a bar is what the model itself gave; hatched ones are cut off, with what they had before.',
  origin: (token: string) => `What “${token}” was drawn from`,
  place: (token: string) => `In the place of “${token}”`,
  placeIntro:
    'What the model would have drawn from here. Press another token to write it instead, and go on from there.',
  originIntro: 'Press another token to write it instead, and go on from there.',
  toEnd: 'Back to the end',
  writes: (word: string) => `Write “${word}”`,
  instead: (word: string) => `Write “${word}” instead`,
  cuts: { temperature: 'cut', topK: 'cut by top-k', topP: 'cut by top-p' },
  rest: (tokens: string, mass: string, drawn: string) =>
    `${tokens} other tokens hold ${mass} before the cuts; ${drawn} of them may be drawn.`,
  drawing: 'How a token is drawn',
  ...{ temperature, topK, topP, off },
  effects: {
    greedy: 'always the likeliest token',
    temperature: (among: string) => `as open as among ${among} equal ones`,
    all: (tokens: string) => `keeps all ${tokens}`,
    topK: (tokens: string, mass: string) => `keeps ${tokens}: ${mass} of the probability`,
    topP: (tokens: string, mass: string) => `keeps ${tokens} of these: ${mass} of theirs`,
  },

  model: 'Model',
  shippedFacts: 'ships with this page, 1.07 million weights',
  own: 'Your GPT',
  ownNone: 'Train one in this tab, and it writes here, also while it learns.',
  ownTrain: 'Train a GPT',
  ownFacts: (state: RunState, step: number, loss: string, text: string) =>
    `${training.states[state]}: step ${step}, loss ${loss}; it learns ${text}`,
  ownShape: (layers: number, heads: number) => `${layers} layers of ${heads} heads`,
  ownTexts: { english: brown, tang, pastedText },
  ownGone: 'The GPT of this tab is gone. The writer that ships takes its place.',
  ownUnknown: (what: string) =>
    `${what} The GPT of this tab knows other characters, so it begins with a text of its own.`,
  follow: 'Read again while it learns',
  history: 'As of step',
  historyHint: 'How this text was read while the model learnt, at the right as it is now.',
  beginnings: 'Beginnings',

  attention: 'What it attends to',
  attentionIntro:
    'The arcs lead from the chosen token to those that the large head drew on. Below, every layer in a row, every head in a column: choose one to see it in full, each row a token that reads, each column one that is read.',
  attentionEmpty: 'The attention of every layer and head appears here, once the model has read the text.',
  layerOf: (layer: number) => `Layer ${layer}`,
  ...HEADS.en,
  reads: (token: string, from: string) => `${token}: drew on ${from}`,

  recorded:
    'Without WebGPU the model cannot run here. This is a recording of it: its numbers are the model’s own, the sliders reshape them, and Write replays what it wrote. What is missing: other texts, other tokens than those that were written, and a GPT of your own.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  lost: 'The GPU device was lost. The text is read again on another one.',

  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type WriteStrings = typeof english;
