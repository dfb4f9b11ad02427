/** Recommending the next item: histories, SASRec and BERT4Rec, training, judging, and what they have to beat. An entry of its own. */
export { MarkovChain, Popularity, type ItemScorer } from './baselines';
export { BERT4Rec, type BERT4RecConfig } from './bert4rec';
export { openRecommender, saveRecommender, type OpenedRecommender } from './files';
export {
  historiesOf,
  leaveOneOut,
  type Histories,
  type HistoryColumns,
  type HistoryOptions,
  type ItemSplit,
  type NextItem,
} from './histories';
export type { ItemModel, ItemSizes } from './item_model';
export {
  hiddenItems,
  itemRows,
  nextItem,
  type HiddenItemsOptions,
  type ItemRow,
  type NextItemOptions,
} from './next_item';
export {
  judgeScorer,
  Recommender,
  type ItemJudgement,
  type JudgeItemsOptions,
  type Reason,
  type Recommendation,
  type RecommendOptions,
} from './recommender';
export { SASRec, type SASRecConfig } from './sasrec';
export { trainRecommender, type TrainRecommenderOptions, type TrainRecommenderResult } from './train';
