/** The recommender of the shop that the site ships, and how well it does. */
import card from '../models/next-item.json';
import type { NextRun, Score, Scores } from './session/protocol';

const { runs, k, cases, popularity, markov } = card.scores;
const [first] = runs;
const short = ({ hitRate, ndcg }: Score): Score => ({ hitRate, ndcg });

const SCORES: Scores = {
  ...{ k, cases, model: short(first) },
  ...{ popularity: short(popularity), markov: short(markov) },
};

export const SHIPPED: Omit<NextRun, 'items' | 'parameters' | 'vocabulary'> = {
  ...{ title: '', shop: true, settings: null, step: first.step, steps: first.step, best: first.best },
  scores: SCORES,
};

/** How it learnt. */
export const LEARNT = card.history;

/** HR@k of all runs, from the least to the most. */
export const SPREAD = runs.map(({ hitRate }) => hitRate).sort((a, b) => a - b);
