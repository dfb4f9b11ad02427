/** How good an output is: of texts, classes, names, answers, scores and rankings. No GPU needed. */
export * from './accuracy';
export * from './answers';
export * from './bleu';
export * from './chrf';
export {
  Classification,
  MultiLabelClassification,
  type ClassificationResult,
  type ClassScores,
  type MultiLabelResult,
} from './classification';
export * from './correlation';
export * from './curves';
export * from './error_rate';
export * from './language';
export * from './perplexity';
export { porterStem } from './porter';
export { type References } from './references';
export * from './ranking';
export * from './rouge';
export * from './spans';
export { BLEU_TOKENIZERS, tokenizeForBLEU, type BLEUTokenizer } from './tokenizers';
export { METRICS_VERSION } from './signature';
