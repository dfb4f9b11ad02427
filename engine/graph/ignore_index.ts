/** Stands for "not a target" in token id inputs; allowed whatever the vocabulary. */
export const IGNORE_INDEX = 0xffff_ffff;
