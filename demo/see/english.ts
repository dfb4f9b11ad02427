import type { Fault } from '../../corpora/pictures/captions';
import { COLOURS, RELATIONS, SHAPES, SIZES } from '../../corpora/pictures/scene';

/** English words stand for themselves. */
const same = <T extends string>(words: readonly T[]) =>
  Object.fromEntries(words.map((word) => [word, word])) as unknown as Record<T, string>;

/** What the page See says in English. */
export const english = {
  picture: 'Picture',
  pictureIntro:
    'Drawn here by lot. Point at a patch, or go from patch to patch with the arrow keys, and see which words looked at it.',
  patchesLabel: 'Patches of the picture',
  patch: (row: number, column: number, words: string) =>
    `Patch ${row}, ${column}: ${words === '' ? 'no word looked here' : `looked at by ${words}`}`,
  another: 'New picture',
  ownPicture: 'Your own picture …',
  ownNote:
    'Your picture, as the model reads it. It learnt from drawn shapes alone, and finds them in anything.',
  file: 'A picture from this device',

  caption: 'What the model says',
  captionIntro: 'Point at a word, or choose it, and the patches that it was written from light up.',
  captionEmpty: 'The model comes: half a megabyte. Then it looks at the picture, here in this tab.',
  looking: 'It looks …',
  wordsLabel: 'Words of the caption',
  word: (word: string, patch: string) => `${word}: looked most at patch ${patch}`,
  through: 'Follow what the encoder moved between patches',
  throughHint:
    'Attention of the decoder’s words to patches, carried back through the encoder’s layers (rollout).',
  true: 'True of this picture.',
  faults: {
    words: 'Not a caption.',
    count: 'Not true: it names another number of things.',
    kind: 'Not true: it names a thing that is not there.',
    relation: 'Not true: that is not how they stand to each other.',
  } satisfies Record<Fault, string>,
  wanted: (caption: string) => `One that is true: ${caption}.`,
  unseenPair: (pair: string) => `Nobody showed it a ${pair} while it learnt.`,
  unseenBeside: (a: string, b: string) => `Nobody showed it a ${a} beside a ${b} while it learnt.`,
  seenAll: 'It was shown such things and such pairs while it learnt, never this picture.',

  build: 'Put a picture together',
  buildIntro: 'Choose what is in it, and see whether the model still says so.',
  first: 'First thing',
  second: 'Second thing',
  size: 'Size',
  colour: 'Colour',
  shape: 'Shape',
  relation: 'The first is',
  two: 'A second thing',
  again: 'Other places',
  sizes: same(SIZES),
  colours: same(COLOURS),
  shapes: same(SHAPES),
  relations: same(RELATIONS),
  gloss: null as ((first: string, relation: string | null, second: string | null) => string) | null,

  model: 'The model',
  modelFacts: 'Facts about the model',
  facts: { training: 'Training', scores: 'Scores', data: 'Data', adapter: 'Trained on' },

  recorded:
    'Without WebGPU the model cannot run here. These pictures were said once, and their words can be followed. What is missing: other pictures, and your own.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  lost: 'The GPU device was lost. The picture is looked at again on another one.',

  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type SeeStrings = typeof english;
