/** What the page My GPU says in English. */
import type { Cell, Phase, Speed } from './session/protocol';

export const english = {
  run: 'Run',
  start: 'Test my GPU',
  cancel: 'Cancel',
  progress: 'Progress',
  nothingSent:
    'Everything is computed in this tab. Nothing is sent anywhere; what is on the card leaves it only if you copy it.',
  ready: 'About half a minute on a GPU.',
  readySoftware: 'Ready. On a CPU this takes some minutes.',
  pretends:
    'This is no GPU but a CPU that pretends to be one: kernels are compiled slowly, so one case of each family is checked, and smaller sizes are timed.',
  looking: 'Looking for a GPU …',
  phases: {
    right: 'Checking kernels',
    peaks: 'Measuring peaks',
    fast: 'Timing',
    fits: 'Reckoning what fits',
  } satisfies Record<Phase, string>,
  finished: 'Done.',
  cancelled: 'Cancelled. What was found so far stays.',
  lost: 'The GPU device was lost. What was found so far stays; press the button to begin again.',
  failed: 'It stopped:',

  right: 'Is it right?',
  rightIntro:
    'Kernels by family, forward and backward, against references in float64: the cases of the engine’s own tests. Each number is the largest share of the allowed rounding error that was used; above 100 % it is wrong.',
  rightEmpty: 'One row for each family of kernels, filled as they are checked.',
  family: 'Kernels',
  rungs: { hardware: 'for GPUs', software: 'for CPUs' } satisfies Record<Cell['rung'], string>,
  own: 'used here',
  forward: 'forward',
  backward: 'backward',
  wrong: 'wrong',
  allRight: (cases: string, families: string, share: string) =>
    `All right: ${cases} cases of ${families} families; at most ${share} of the allowed error was used.`,
  someWrong: (wrong: string, families: string) =>
    `Wrong: ${wrong} of ${families} families. Their numbers are below the table.`,
  otherWrong: (wrong: string) =>
    `Of kernels that this device does not use, ${wrong} families are wrong on it.`,

  fast: 'How fast?',
  fastIntro:
    'First the peaks: multiply-adds in registers, and a copy of memory. Then what a Transformer does, as a rate and as a share of the measured peak.',
  fastVerdict: (gflops: string, gbps: string) =>
    `Measured peaks: ${gflops} GFLOP/s of multiply-adds, ${gbps} GB/s of memory.`,
  clocks: {
    timestamps: 'Timed by the GPU’s own timestamps.',
    'wall clock': 'Timed by the wall clock: this browser gives no timestamps.',
  } satisfies Record<Speed['clock'], string>,
  byClock: { timestamps: 'GPU', 'wall clock': 'wall' } satisfies Record<Speed['clock'], string>,
  what: 'What',
  size: 'Size',
  time: 'Time',
  spread: 'Fastest to slowest',
  rate: 'Rate',
  ofPeak: 'Of peak',
  clock: 'Clock',
  noise: 'noise: claims nothing',
  speeds: {
    matmul: 'Matmul',
    matmulBackward: 'Matmul, backward',
    attention: 'Attention',
    attentionBackward: 'Attention, backward',
    step: 'A training step of a small GPT',
    token: 'A token that it writes',
  } satisfies Record<Speed['name'], string>,

  fits: 'What fits?',
  fitsIntro:
    'Memory that models need with 512 tokens of text, planned by the engine itself: to run as stored in f16 where the device has it (else f32), to run with weights of 4 bits, and to train all weights with AdamW.',
  memory: 'Memory of this GPU, which browsers do not tell:',
  memoryUnknown: 'choose',
  fitsVerdict: (run: string, packed: string, train: string) =>
    `To run: ${run}. With weights of 4 bits: ${packed}. To train: ${train}.`,
  none: 'none of these',
  largest: (bytes: string) => `The largest buffer of this device: ${bytes}.`,
  model: 'Model',
  weights: 'Weights',
  toRun: 'Run',
  toRunPacked: 'Run, 4 bits',
  toTrain: 'Train',
  cannot: 'cannot',

  card: 'The card',
  cardIntro: 'What was found, to copy or to save.',
  copyText: 'Copy as text',
  copyJson: 'Copy as JSON',
  savePng: 'Save as PNG',
  copied: 'Copied.',
  notCopied: 'The browser did not allow copying. Select the text of the card instead.',
  cardEmpty: 'Nothing yet: press the button.',
  unavailable:
    'Without WebGPU nothing can be tested here: what is missing is a GPU that this browser lends to pages.',
  recorded: (adapter: string, date: string) =>
    ` What stands below is a recording of ${date}, made on ${adapter}.`,
};

export type GpuStrings = typeof english;
