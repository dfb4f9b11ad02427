/** Pre-training of encoders: hidden tokens, and what follows what. */
export { judgePretraining, type JudgedModel, type PretrainingJudgement } from './judge_pretraining';
export { pretraining, type PairModel } from './pretraining';
export { segmentPairs, type SegmentPair, type SegmentPairOptions } from './segment_pairs';
