/** Ops over the edges of graphs, and over rows that stand together. The public surface of `heed/graphs` has them. */
export { aggregate, type AggregateOptions } from './shaders/aggregate/aggregate';
export { edgeDot } from './shaders/edge_dot/edge_dot';
export { edgeScores, type EdgeScoreOptions } from './shaders/edge_scores/edge_scores';
export type { Edges, Segments } from './shaders/lib/edges/edges';
export { segmentMax } from './shaders/segment_max/segment_max';
export { segmentSoftmax } from './shaders/segment_softmax/segment_softmax';
export { segmentMean, segmentSum } from './shaders/segment_sum/segment_sum';
