/** How a model knows where a token stands: added to its vector, turned into it, or added to attention's scores. */
export { addPositions } from '../../shaders/positional/positional';
export { ropeFrequencies, type RopeFrequencies, type RopeScaling } from '../../shaders/rope/frequencies';
export { rope, type RopeOptions } from '../../shaders/rope/rope';
export * from './alibi';
export * from './buckets';
export * from './learned';
export { resizeTable, type ResizeTableOptions } from './resize_table';
export * from './rope';
export * from './sinusoidal';
export * from './t5';
