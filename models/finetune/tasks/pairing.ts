import {
  contrast,
  expectOptions,
  pairedTexts,
  type ContrastOptions,
  type PairedText,
} from '../../../engine/index';
import { Ranking } from '../../../engine/metrics/index';
import { SentenceEmbedder, type EncoderModel } from '../../tasks/sentence_embedder';
import type { PairExample } from '../examples';
import { TASK_ARCHITECTURES, type Task } from './task';
import { textRows } from './texts';

/**
 * Embeddings by which texts that belong together are near each other: each is told from the others of its batch (`contrast`), so large batches
 * teach more. Judged by how far up each text finds its other one among all others' of the examples: the mean of 1/rank and the share that
 * find it first. The best has the highest mean.
 */
export function pairing(options: ContrastOptions = {}): Task<PairExample, PairedText> {
  const { pooling = 'mean', sharpness } = options;
  expectOptions('pairing', options, { pooling, sharpness });
  return {
    name: 'embed',
    classes: TASK_ARCHITECTURES.embed,
    head: {},
    least: 2,
    monitor: { metric: 'mrr', mode: 'max', otherwise: { metric: 'loss', mode: 'min' } },
    rows: (examples, reading) => {
      const side = (of: 'text' | 'pair') => {
        const texts = examples.map((one) => ({ text: one[of], row: one.row }));
        return textRows('pairing', texts, reading, () => ({}));
      };
      const [firsts, seconds] = [side('text'), side('pair')];
      const rows = pairedTexts(
        firsts.rows.map(({ ids }, i) => ({ first: ids, second: seconds.rows[i].ids })),
      );
      return { rows, long: firsts.long + seconds.long };
    },
    objective: (batches) => contrast(batches, options),
    judge: async ({ device, model, tokenizer, maxLength }, examples, judging = {}) => {
      using embedder = new SentenceEmbedder(device, model as EncoderModel, tokenizer, { pooling, maxLength });
      const others = [...new Set(examples.map(({ pair }) => pair))];
      const texts = [...examples.map(({ text }) => text), ...others];
      const rows = await embedder.embed(texts, { long: 'cut', ...judging });
      const [own, candidates] = [rows.slice(0, examples.length), rows.slice(examples.length)];
      const ranking = new Ranking({ k: 1 });
      for (const [i, { pair }] of examples.entries()) {
        const scores = candidates.map((other) => embedder.similarity(own[i], other));
        ranking.add(
          scores,
          others.map((other) => Number(other === pair)),
        );
      }
      const { mrr, hitRate } = ranking.result();
      return { metrics: { mrr, first: hitRate }, classes: null, confusion: null };
    },
  };
}
