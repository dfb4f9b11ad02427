/** Parallel text for translation: reading, splitting, batches. An entry of its own: only who trains on pairs loads it. */
export * from './io/near_duplicates';
export * from './io/pair_split';
export * from './io/pairs';
export * from './train/pair_batches';
export * from './train/pairs';
export * from './train/pair_shapes';
