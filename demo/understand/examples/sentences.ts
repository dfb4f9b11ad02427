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

/** Requests of guests, to try tags on: none of them is among the examples. */
export const REQUESTS = [
  'Mr Wilson comes from Madrid on Monday and stays four nights.',
  'Please give Anna Stone the twenty dollars before noon.',
  'We meet Laura in Geneva in August.',
  'The pool was warm and the garden quiet.',
] as const;

/** A note with questions on it, to try answers on: nobody of this name is among the examples. */
export const NOTE =
  'Martin Lane arrives on Sunday at eight. Lunch for seven people is at noon in the hall. Sophie lost a red scarf in the library.';
export const QUESTIONS = [
  'When does Martin Lane arrive?',
  'Who lost a red scarf?',
  'Where is lunch?',
  'How many people come to lunch?',
] as const;
