import { english as training } from '../train/english';
import { HEADS } from '../view/heads-strings';
import type { LearnRun, Storage, Use } from './session/protocol';

const one = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What the page of models says in English. */
export const english = {
  choose: 'Choose a model',
  shipped: 'Shipped with this page',
  hub: 'From the Hugging Face hub, or the address of a folder',
  hubPlaceholder: 'openai-community/gpt2',
  token: 'Access token, for gated models. It is used for this download and kept nowhere.',
  gated: 'A gated or private model',
  find: 'Look it up',
  folder: 'A folder on this device',
  folderHint:
    'The folder of a Hugging Face model, with config.json and model.safetensors. Its files can be dropped here, too.',
  recent: 'Kept on this device',
  recentNone: 'Models from the hub stay here after their first download, and open without a network.',
  forget: (model: string) => `Remove ${model}`,
  finding: 'Reading its configuration …',
  storage: 'Weights as',
  storages: { f32: '32 bits', f16: '16 bits', int8: '8 bits', int4: '4 bits' } as Readonly<
    Record<Storage, string>
  >,
  newChat: 'New conversation',
  roles: { user: 'You', assistant: 'Model' } as Readonly<Record<string, string>>,
  unfinished: 'It was cut off: raise the tokens.',
  facts: {
    family: 'Family',
    parameters: 'Weights',
    files: 'Files',
    run: 'GPU memory to run',
    train: 'GPU memory to train',
  },
  familyOf: (family: string, architecture: string) => `${family} (${architecture})`,
  unknownFamily: 'none that Heed knows',
  fits: 'It runs on this device.',
  fitsNot: (why: string) => `It does not run on this device: ${why}`,
  refused: (why: string) => `Heed does not load it: ${why}`,
  noForm: 'It loads by heed/models, but this page has no form for a model without such a head.',
  trainsNot: 'more than this device binds',
  about: 'About this model',
  card: {
    data: 'Data',
    licence: 'Licence',
    training: 'Training',
    adapter: 'Adapter',
    scores: 'Held out',
  } as Readonly<Record<string, string>>,
  loadModel: 'Load',
  cancel: 'Cancel',
  downloading: (loaded: string, total: string | null) =>
    total === null ? `Downloading: ${loaded}` : `Downloading: ${loaded} of ${total}`,
  placing: (share: string) => `Moving its weights to the GPU: ${share}`,
  loaded: (title: string) => `${title} is loaded.`,
  cancelled: 'Cancelled. What was downloaded is kept, and a new start goes on from there.',

  useTitles: {
    write: 'Go on with a text',
    chat: 'Talk with it',
    fill: 'Fill in a word',
    classify: 'Put a text into classes',
    tag: 'Find names in a text',
    answer: 'Answer a question from a text',
    compare: 'Compare sentences',
    rewrite: 'Say it in other words',
  } as Readonly<Record<Use, string>>,
  useEmpty: 'Load a model, and its form appears here.',
  text: 'Text',
  texts: {
    write: 'Beginning',
    chat: 'Message',
    fill: 'Text with a hidden word',
    classify: 'Text',
    tag: 'Text',
    answer: 'Text that holds the answer',
    compare: 'Sentence',
    rewrite: 'Text',
  } as Readonly<Record<Use, string>>,
  question: 'Question',
  others: 'Sentences to compare it with, one a line',
  ownLabels: 'Classes of your own, one a line; empty for the model’s',
  hide: (mask: string) => `Write ${mask} where a word is to be found.`,
  insertMask: 'Hide a word here',
  tokens: 'Tokens',
  temperature: 'Temperature',
  greedy: '0 (the likeliest)',
  topP: 'Top-p',
  off: 'off',
  asks: {
    write: 'Write',
    chat: 'Send',
    fill: 'Fill in',
    classify: 'Classify',
    tag: 'Find',
    answer: 'Answer',
    compare: 'Compare',
    rewrite: 'Rewrite',
  } as Readonly<Record<Use, string>>,
  stop: 'Stop',
  took: (milliseconds: string) => `${milliseconds} ms`,
  tookCompiled: (milliseconds: string) =>
    `${milliseconds} ms; kernels were compiled, the next answer comes sooner`,
  answer: 'Answer',
  answerEmpty: 'The answer appears here.',
  nothingFound: 'It found nothing.',
  placeNumber: (number: number) => `Place ${number}`,
  cosine: 'cosine',

  tokensTitle: 'Token by token',
  tokensIntro:
    'The text as the model sees it. The darker, the less it expected the token; choose one to see what else could have stood there.',
  tokensPlain: 'The text as the model sees it.',
  writtenTitle: 'What it wrote',
  insteadOf: (token: string) => `In the place of “${token}”`,
  insteadHint: 'Choose a token.',
  lens: 'How the guess came about',
  lensIntro:
    'What the model would have said in this place if it ended before each of its layers: the logit lens, at temperature 1.',
  lensBefore: (layer: number) => `Before layer ${layer}`,
  lensEnd: 'In the end',
  probability: (token: string, share: string) => `“${token}”: ${share}`,

  attention: 'What it attends to',
  attentionIntro:
    'Every layer in a row, every head in a column. Choose one to see it in full: each row is a token that reads, each column one that is read.',
  attentionEmpty: 'The attention of every layer and head appears here, once the model has read a text.',
  attentionLong: (most: number) => `The text has more than ${most} tokens: too many to draw.`,
  /** `stack`: where a model has two, and of what: 'encoder', 'decoder', 'decoder crossAttention'. */
  layerOf: (layer: number, stack: string) => (stack === '' ? `Layer ${layer}` : `Layer ${layer} (${stack})`),
  ...HEADS.en,

  learn: 'Teach it more',
  learnIntro: {
    text: 'Paste a text, and the model learns to go on with it. Every weight learns, in this tab.',
    rows: 'One example a line: a class of the model, a tab, a text. Every weight learns, in this tab.',
  },
  learnNot: 'Models of this kind do not learn on this page yet; heed/models trains them all.',
  learnNotRounded: 'Weights of fewer than 32 bits do not learn: load the model with 32.',
  lesson: 'What it is to learn',
  lessonPlaceholder: { text: 'Some pages of text …', rows: 'positive\tI would see it again' },
  chooseFile: 'Choose a file',
  steps: 'Steps',
  rate: 'Learning rate',
  typeRate: training.typeRate,
  typeSteps: training.typeSteps,
  start: 'Learn',
  pause: 'Pause',
  resume: 'Go on',
  stopLearning: 'Stop learning',
  preparing: 'Preparing',
  compiling: (share: string) => `Compiling kernels: ${share}`,
  learning: (step: number, steps: number) => `Step ${step} of ${steps}`,
  learnt: (step: number) => `Learnt for ${one(step, 'step')}. Ask it again above.`,
  paused: (step: number) => `Paused at step ${step}`,
  lessonFacts: ({ tokens }: LearnRun) =>
    `${tokens.train} tokens to learn from, ${tokens.validation === 0 ? 'too few to hold some out' : `${tokens.validation} held out`}`,
  skipped: (skipped: LearnRun['skipped']) => {
    const words = { 'no tab': 'without a tab', 'no label': 'without a class', 'no text': 'without a text' };
    const few = skipped.slice(0, 5).map(({ line, why }) => `${line} (${words[why]})`);
    return `${one(skipped.length, 'line')} left out: ${few.join(', ')}${skipped.length > 5 ? ', …' : ''}`;
  },
  learningPer: (tokens: string, milliseconds: string) =>
    `${tokens} tokens a second, ${milliseconds} ms a step`,
  curve: 'Loss',
  curveEmpty: 'The curve appears here while it learns.',
  curveLabel: (loss: string) => `Loss while it learns, now ${loss}`,
  held: (loss: string) => `held out ${loss}`,
  save: 'Save the model',
  saveHint: 'A Hugging Face folder, as files: from_pretrained opens it.',
  saveRounded: 'A Hugging Face folder of the rounded weights, in 32 bits: from_pretrained opens it.',
  saved: (count: number) => `${one(count, 'file')} saved.`,
  lost: 'The GPU device was lost. The model is loaded anew when you go on.',
  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type BringStrings = typeof english;
