/** What the home page says in English. */
export const english = {
  liveLabel: 'A small model, live',
  liveText: 'Type a few words; the model says what may come next',
  live: 'Live: 1.07 million weights, 2.2 MB, trained by Heed on the Brown corpus, running here: the likeliest words. Press one to write it; point at a token to see what it drew on.',
  liveOpening: 'The model comes: 2.2 MB. Then it predicts what you type, here in this tab.',
  liveMissing: 'The model needs WebGPU to predict what you type.',
  tokenReads: (token: string, from: string) => `${token}: drew on ${from}`,
  writes: (word: string) => `Write “${word}”`,
  trainNow: 'Train a model now',
  seeInside: 'See inside attention',
  trySection: 'Try a trained model',
  tryIntro: 'Answers within seconds; nothing to set up.',
  translate: 'Translate',
  translateNote: 'Words, phonemes, sentences; beams, and what each word attends to.',
  laboratory: 'One attention head',
  laboratoryNote: 'Follow a sentence through a head, every number read back from the kernels.',
  trainSection: 'Train one yourself',
  trainIntro: 'Watch the loss fall and the text get better, in this tab.',
  language: 'Language model',
  languageNote: 'From noise to words in a minute, on prose, poems, or your own text.',
  translator: 'Translator',
  translatorNote: 'Any two columns of text, from letters to phonemes to your own.',
  developers: 'For developers',
  developersNote:
    'No wasm, no conversion: reads Hugging Face folders as they are, trains them, and gives them back.',
  install: 'Install',
  sizeName: 'gzip, to run a model',
  kernelsName: 'hand-written WGSL, forward and backward',
  familiesName: 'families of models, checked against Transformers',
  codeLabel: 'Example: a model writes',
};

export type HomeStrings = typeof english;
