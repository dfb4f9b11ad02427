/** The chapters, in their order: names of sections in the markup, and in the address. */
export const CHAPTERS = [
  'tokens',
  'embeddings',
  'positions',
  'queries',
  'softmax',
  'heads',
  'layers',
  'output',
] as const;
export type Chapter = (typeof CHAPTERS)[number];

/** What the course begins with, and what is recorded. */
export const TEXT = 'The old man sat down on the';
