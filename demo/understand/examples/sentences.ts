/** Sentences and queries that the page offers, and that its recording has. */
export const SENTENCES = [
  'She opened the ___ and looked out at the street.',
  'He had not slept for two ___.',
  'They went back to the ___ before it was dark.',
  'I do not know what ___ said to her.',
] as const;

/** Of guests, to try a classifier on: none of them is among the examples. */
export const MESSAGES = [
  'The bath was cold and nobody came to help us.',
  'We had a lovely week and the breakfast was wonderful.',
  'Can you tell me when the restaurant opens?',
  'The room was not dirty, and the staff were kind.',
] as const;

export const QUERIES = ['it was too loud to sleep', 'good food', 'arriving by train', 'our baby'] as const;
