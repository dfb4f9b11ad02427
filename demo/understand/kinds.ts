/** What tags stand for. */

/** A tag without what says that a name begins or goes on. */
export const kindOf = (label: string): string => label.replace(/^[BIES]-/, '');

/** Kinds in the order of the labels; O is none. */
export const kindsIn = (labels: readonly string[]): string[] => [
  ...new Set(labels.filter((label) => label !== 'O').map(kindOf)),
];
