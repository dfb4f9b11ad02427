/** What the page Tune says in English. */
import { english as bring } from '../bring/english';
import type { Found } from '../bring/session/protocol';
import type { RunState } from '../session/protocol';
import { english as training } from '../train/english';
import type { AdapterKindName } from './kinds';

const { settings, locked, train, pause, resume, stop, startOver, states, typeRate, typeSteps } = training;
const { step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, rate, steps, left } = training;
const { paste, pasteLabel, pastedText, usePasted, chooseFile, reading, textFacts, noText } = training;
const { openingLabel, notText, stopFirst, own, tang } = training;
const { shipped, hub, hubPlaceholder, token, gated, find, folder, folderHint, recent, recentNone } = bring;
const { forget, finding, storage, storages, facts, familyOf, unknownFamily, fits, fitsNot, refused } = bring;
const { noForm, trainsNot, about, card, loadModel, cancel, downloading, placing, loaded, cancelled } = bring;

export const english = {
  ...{ settings, locked, train, pause, resume, stop, startOver, typeRate, typeSteps },
  ...{ step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, rate, steps, left },
  ...{ paste, pasteLabel, pastedText, usePasted, chooseFile, reading, textFacts, noText },
  ...{ openingLabel, notText, stopFirst, own, tang },
  ...{ shipped, hub, hubPlaceholder, token, gated, find, folder, folderHint, recent, recentNone },
  ...{ forget, finding, storage, storages, familyOf, unknownFamily, fits, fitsNot, refused },
  ...{ noForm, trainsNot, about, card, loadModel, cancel, downloading, placing, loaded, cancelled },
  /** What all weights take is told beside what the adapter takes, for the same batches. */
  facts: { ...facts, train: '' },
  states: states satisfies Record<RunState, string>,
  phases: { encode: training.phases.encode, compile: training.phases.compile },
  training: training.training,
  notHere: ({ use }: Found): string | null =>
    use === 'write'
      ? null
      : 'Adapters learn here beside models that go on with a text; this one does something else.',

  model: 'Model',
  elsewhere: 'Another model',
  text: 'Text',
  french: 'French',
  phonemes: 'Sounds',
  textStories: {
    french: 'What a code editor says in French, a message a line. The writer that ships knows English only.',
    phonemes: 'Words and how they are spoken, one a line: a form of text that the writer has never seen.',
    tang: 'Poems of the Tang dynasty. The writer that ships has read no Chinese, and spells it byte by byte.',
    own: '',
  } as Readonly<Record<string, string>>,

  adapterTitle: 'Adapter',
  names: {
    lora: 'LoRA',
    dora: 'DoRA',
    ia3: '(IA)³',
    prefix: 'Prefix',
  } satisfies Record<AdapterKindName, string>,
  stories: {
    lora: 'Two narrow matrices beside each layer. The one to begin with.',
    dora: 'LoRA that learns the length of each row apart from its direction.',
    ia3: 'One factor for each output of a layer: the fewest numbers.',
    prefix: 'Keys and values before those of the text; no layer changes.',
  } satisfies Record<AdapterKindName, string>,
  rank: 'Rank',
  alpha: 'Alpha',
  prefixLength: 'Rows of the prefix',
  seed: 'Seed',
  off: '',
  targets: 'Beside which layers',
  noTargets: 'Choose a layer at least.',
  targetsLater: 'They appear with the model.',

  validation: 'Held-out loss',
  save: 'Save adapter',
  saveModel: 'Save merged model',
  load: 'Open adapter',

  cost: 'What it costs, before it starts',
  costEmpty: 'Told by recording a training step, without running it, once there is a model.',
  costLearns: 'Numbers that learn',
  costShare: 'Share of the weights',
  costFiles: 'Files of the adapter',
  costMemory: 'GPU memory',
  costParts: (weights: string, adapter: string, activations: string) =>
    `base ${weights}, adapter with gradients and moments ${adapter}, activations ${activations}`,
  costFull: 'All weights instead',
  costTime: 'Time',
  costUnmeasured: 'measured with the first steps',
  costMeasured: (milliseconds: string, left: string) =>
    `${milliseconds} ms a step on this device, ${left} in all`,

  compare: 'Before and after',
  compareIntro:
    'Both go on with the same words, with the same seed, and are judged by the end of the text, which no training sees.',
  prompt: 'Beginning',
  temperature: 'Temperature',
  write: 'Write',
  base: 'Before: the base',
  now: 'After: with the adapter',
  nowOff: 'The adapter is off: the base again',
  adapterOn: 'Adapter on',
  baseEmpty: 'The base writes here as soon as it is loaded.',
  nowEmpty: 'Train, and the same beginning goes on otherwise.',
  judged: (loss: string, perplexity: string) => `loss ${loss}, as if choosing among ${perplexity} tokens`,
  notJudged: 'not judged yet',
  ofStep: (at: number) => `after ${at} steps`,
  ofFiles: 'from files',
  gained: (from: string, to: string) => `From ${from} equally likely tokens to ${to}.`,
  size: (files: string, learns: string, share: string) =>
    `The adapter is ${files}: ${learns} numbers, ${share} of the base’s.`,
  keptBest: (at: number) => `It has the weights of step ${at}, the best of all that were judged.`,
  recordedText: (at: number) => `recorded, after ${at} steps`,

  curve: 'Loss',
  curveTraining: 'training',
  curveValidation: 'held out',
  curveEmpty: 'The first point is the base’s loss on what is held out. The curve begins there.',
  curveSummary: (at: number, trained: string, heldOut: string) =>
    `Loss by step. At step ${at} the training loss is ${trained}${heldOut ? `, that of the held-out end ${heldOut}` : ''}.`,

  files: 'Take it home',
  filesIntro:
    'An adapter is two files, adapter_config.json and adapter_model.safetensors, which Python’s peft opens, too; choose both to open one here. Merged, it is a Hugging Face folder in 32 bits, whatever the base is stored as.',

  continues: (at: number) => `Resume goes on from step ${at}.`,
  startsAgain: 'Train starts over with a new adapter: the same seed learns the same.',
  startsNew: 'The settings changed: Train starts a new adapter and forgets this one.',
  replaceQuestion: (at: number) =>
    `Forget the adapter of step ${at}, which is in no file, and start a new one? Save it first if you want to keep it.`,
  forgetQuestion: 'Forget this adapter, which is in no file? Save it first if you want to keep it.',
  startOverQuestion: 'Forget this adapter and start with a new one? Save it first if you want to keep it.',
  noModel: 'No model is loaded yet.',
  savedAdapter: (count: number) => `The adapter is saved: ${count} files.`,
  savedModel: (count: number) => `The merged model is saved: ${count} files.`,
  openedAdapter: 'The adapter stands beside the base.',
  twoFiles: 'Choose both files of the adapter: adapter_config.json and adapter_model.safetensors.',
  recovered: (at: number) =>
    at > 0
      ? `The GPU device was lost. A new one took over, from step ${at}.`
      : 'The GPU device was lost. A new one took over.',
  recorded:
    'Without WebGPU nothing can learn here. This is a recording of a real run beside the writer that ships, on the French text. What is missing: other settings, models and texts, and watching it happen.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  /** Between two sentences. */
  space: ' ',
  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type TuneStrings = typeof english;
