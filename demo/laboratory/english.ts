import type { SchemeName } from './encodings';

/** What the laboratory says in English, with the frame's own strings. */
export const english = {
  lang: 'en',
  recovered: 'The GPU device was lost. A new one took over, and everything was computed again.',

  softmax: 'Softmax',
  softmaxIntro:
    'Softmax turns any numbers, called logits, into shares of a whole. A low temperature τ gives nearly all to the largest; a high one makes the shares equal.',
  presets: 'Examples',
  preset: {
    mild: 'Mild',
    thousand: 'Around 10³',
    tenThousand: 'Around 10⁴',
    equal: 'All equal',
    masked: 'One masked',
    allMasked: 'All masked',
  },
  temperatureLabel: 'Temperature τ',
  takesPart: 'Takes part',
  logit: 'Logit',
  share: 'Share',
  masked: 'masked',
  logitName: (name: string) => `Logit ${name}`,
  takesPartName: (name: string) => `${name} takes part`,
  entropy: 'Entropy',
  bits: (bits: string) => `${bits} bits`,
  choices: 'As if choosing among',
  equalOnes: (count: string) => `${count} equal ones`,
  submitTime: 'To submit',
  roundTime: 'Until read back',
  replays: 'Replays of one plan',
  microseconds: (us: string) => `${us} µs`,
  twoWays: 'Why the largest logit is subtracted first',
  asWritten: 'As the formula is written',
  subtracted: 'With the largest subtracted',
  sum: 'Sum',
  naiveNote:
    'The left side is computed in 32-bit floats on the CPU, since WGSL promises nothing about ∞ and NaN. z/τ and the shares on the right are read back from the GPU.',
  overflow: (exponent: string) =>
    `exp(${exponent}) is beyond 3.4e38, the largest 32-bit float, and becomes ∞; then ∞/∞ is not a number. Subtracting the largest logit changes no share, and no exponent is then above 0.`,
  underflow:
    'Every exponential is too small for a 32-bit float and becomes 0; then 0/0 is not a number. With the largest subtracted, the largest exponential is always 1.',
  agree:
    'Both sides agree here: no exponent is beyond 88.7, where 32-bit floats end. Try an example around 10³.',
  nothing:
    'Nothing takes part: as written this is 0/0. The kernel gives zeros, since there is nothing to share out.',
  softmaxError: (error: string) => `Largest difference of a share from float64: ${error}`,

  positions: 'Positions',
  positionsIntro:
    'Attention alone does not know in which order the words stand. These are six common ways to tell it.',
  scheme: 'Encoding',
  view: 'View',
  schemes: {
    sinusoidal: 'Sinusoidal',
    learned: 'Learned',
    rope: 'RoPE',
    t5: 'T5 buckets',
    alibi: 'ALiBi',
    transformerXL: 'Transformer-XL',
  } satisfies Record<SchemeName, string>,
  views: {
    table: 'Table',
    similarity: 'Likeness',
    cos: 'Cosines',
    sin: 'Sines',
    score: 'Score decay',
    buckets: 'Buckets',
    bias: 'Bias of a head',
    slopes: 'All heads',
    term: 'Score term',
  } as Record<string, string>,
  about: {
    'sinusoidal.table':
      'Each position is a row of sines and cosines, from fast waves on the left to slow ones on the right, added to the vector of the word (Vaswani et al. 2017).',
    'sinusoidal.similarity':
      'The cosine between any two rows: neighbours look alike, and only their distance counts, so every diagonal has one colour.',
    'learned.table':
      'A row of free numbers for each position, added to the vector of the word. Before training they are noise, as here: 0.02 times a normal, from a fixed seed (GPT-2).',
    'learned.similarity':
      'The cosine between any two rows. Noise has no sense of near and far: training has to find it.',
    'rope.cos':
      'Queries and keys are turned, two columns at a time, by an angle that grows with the position: these are its cosines (Su et al. 2021).',
    'rope.sin': 'The sines of the same angles. Pairs on the left turn fast, those on the right slowly.',
    'rope.score':
      'The score of a query and a key with the same vector, after turning. It depends on the distance alone and fades as words move apart.',
    't5.buckets':
      'Each distance falls into one of 32 buckets, and each bucket has one learned number per head, added to the score. Near distances have buckets of their own; far ones share (Raffel et al. 2020).',
    'alibi.bias':
      'Every score loses slope × distance: nothing is learned, and longer texts than in training still work (Press et al. 2022). Each head has its own slope.',
    'alibi.slopes':
      'What the bias leaves of the weight of a key at each distance, head by head: the first heads see only the nearest words, the last ones look far back.',
    'transformerXL.table':
      'One row for each distance, farthest first: sines on the left half, cosines on the right. Keys of the segment before are simply farther (Dai et al. 2019).',
    'transformerXL.term':
      'What distance alone adds to a score: v · R, where v is learned and here drawn at random. Every diagonal is one distance.',
  } as Record<string, string>,
  axes: {
    position: 'position',
    otherPosition: 'position',
    query: 'query position',
    key: 'key position',
    distance: 'distance',
    dimension: 'column',
    pair: 'pair of columns',
    head: 'head',
  },
  lengthLabel: 'Positions',
  widthLabel: 'Columns',
  headsLabel: 'Heads',
  headLabel: 'Head',
  bidirectional: 'Both directions',
  pointHint: 'Point at a cell, or use the arrow keys, for its value and formula.',
  outOfSight: 'a later key: not seen',
  heatMapName: (what: string, rows: number, columns: number) =>
    `${what}: heat map of ${rows} rows and ${columns} columns`,

  head: 'One attention head, step by step',
  headIntro:
    'Type a sentence and follow it through a head: every number below is read back from our kernels. Word vectors and weights are random, from a fixed seed: nothing here is trained, so look at how it is computed, not at what it attends to.',
  sentence: 'Sentence',
  sentenceDefault: 'The cat sat on the mat because the mat was warm',
  sentenceFacts: (words: number, most: number) => `${words} tokens of at most ${most}`,
  sentenceCut: (words: number, most: number) => `${words} tokens: only the first ${most} are used`,
  sentenceEmpty: 'Type a word or two.',
  causal: 'Causal mask',
  padding: 'Padding',
  addPositions: 'Positions added',
  weights: 'Weights',
  random: 'Random',
  identity: 'Identity',
  follow: 'Follow a query',
  followNote: (word: string) => `Its weights under each token: what “${word}” attends to.`,
  step: 'Step',
  previous: 'Previous',
  next: 'Next',
  play: 'Play',
  pausePlay: 'Pause',
  stepNames: ['Words', 'Q, K, V', 'Q Kᵀ', 'Scale', 'Mask', 'Softmax', 'Times V'],
  stepFormulas: [
    'X = embedding + positions',
    'Q = X W_Q,  K = X W_K,  V = X W_V',
    'S = Q Kᵀ',
    'S / √8',
    'S + mask',
    'A = softmax(S)',
    'Y = A V',
  ],
  stepTexts: [
    'Each token is looked up in a table, and its position is added. A row of X is all that the head knows of a token.',
    'Three matrices make of every row a query (what it looks for), a key (what it can be found by) and a value (what it gives).',
    'Every query meets every key: row i, column j is the dot product of query i and key j.',
    'Sums of 8 products have √8 times the spread of one. Dividing by √8 keeps softmax from choosing just one key.',
    'Keys that a query must not see get −1e30: later ones with the causal mask, and padding. They are hatched here.',
    'Each row becomes shares that sum to 1: how much of each value the query takes. Masked keys have exactly 0.',
    'Each row is the mean of the values, by its weights: what the head answers for that token.',
  ],
  matrices: {
    embedding: 'Embedding',
    positions: 'Positions',
    x: 'X',
    weightQ: 'W_Q',
    weightK: 'W_K',
    weightV: 'W_V',
    q: 'Q',
    k: 'K',
    v: 'V',
    scores: 'Q Kᵀ',
    scaled: 'Scaled',
    masked: 'Masked',
    weights: 'Weights A',
    out: 'Output Y',
    fused: 'Fused',
  },
  matrixName: (what: string, rows: number, columns: number) => `${what}, ${rows} × ${columns}`,
  cellHint: 'Point at a cell to see how it is computed. Click a row to follow that query.',
  notSeen: 'masked: −1e30 is added, and softmax gives 0',
  fusedCheck: (difference: string) =>
    `The fused attention op, which never stores these matrices, gives the same output: largest difference ${difference}`,
  shownCheck: (difference: string) =>
    `Asked afterwards with plan.attention, the fused op shows the same weights: largest difference ${difference}`,
  headTime: (ms: string) => `all steps and their readback in ${ms} ms`,
};

export type LaboratoryStrings = typeof english;
