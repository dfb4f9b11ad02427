/** How good an output is: scores of translations and summaries, error rates, perplexity. No GPU needed. */
export * from './accuracy';
export * from './bleu';
export * from './chrf';
export * from './error_rate';
export * from './language';
export * from './perplexity';
export { porterStem } from './porter';
export { type References } from './references';
export * from './rouge';
export { BLEU_TOKENIZERS, tokenizeForBLEU, type BLEUTokenizer } from './tokenizers';
export { METRICS_VERSION } from './signature';
