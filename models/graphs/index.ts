/** `heed/graphs`: graph attention networks, from lists of edges to classes of nodes, of graphs and links. */
export * from '../../engine/edges';
export * from '../gat';
export {
  bothWays,
  compressedRows,
  GraphData,
  type CompressedRows,
  type GraphOptions,
  type Ids,
} from './graph_data';
export type { LoopFill } from './self_loops';
export {
  edgeConstants,
  edgeInputs,
  graphConstants,
  sortedEdges,
  type EdgeArrays,
  type GraphTensors,
} from './graph_tensors';
export * from './heads';
export { nodeClasses, type NodeBatch, type NodeClassOptions, type NodeModel } from './node_classes';
export * from './graph_classes';
export { LinkBatches, linkPrediction, type LinkBatch, type LinkBatchOptions, type LinkModel } from './links';
export * from './graph_reader';
export * from './geometric';
