import { SinusoidalPositions } from '../../engine/index';
import type { Family } from '../family/family';
import { paddingIn } from '../pretrained_config';
import type { Seq2SeqLM } from '../seq2seq_lm';
import { bartLike, bartWeights } from './bart_parts';

/**
 * M2M-100 and NLLB-200: one model between 100 or 200 languages, of which each text begins with its own (Fan et al. 2020; NLLB
 * team 2022).
 */
export const m2m100: Family<Seq2SeqLM> = {
  type: 'm2m_100',
  title: 'M2M-100',
  architectures: ['M2M100ForConditionalGeneration', 'M2M100Model'],
  build(json, file) {
    // Positions are counted from behind the id of padding, as in fairseq.
    const first = (paddingIn(json, 1) ?? 0) + 1;
    return bartLike(json, file, {
      ...{ order: 'pre', embeddingNorm: false, outputBias: false, skipsPadding: true },
      positions: (context) =>
        new SinusoidalPositions(context, (rows, width) => fairseqPositions(rows, width, first)),
      defaults: { activation: 'relu', attentionDropout: 0.1, layerDrop: 0.05, scale: true },
    });
  },
  weights: (model) => bartWeights(model),
};

/**
 * Positions `first` to `first` + P - 1 as fairseq computes them, (P, C): C/2 sines, then C/2 cosines, whose frequencies fall
 * from 1 to 1/10000, both included; an odd C has a zero at the end.
 */
export function fairseqPositions(positions: number, width: number, first: number): Float32Array {
  const half = Math.floor(width / 2);
  const table = new Float32Array(positions * width);
  for (let p = 0; p < positions; p++) {
    for (let j = 0; j < half; j++) {
      const angle = (first + p) * 10_000 ** (-j / (half - 1));
      table[p * width + j] = Math.sin(angle);
      table[p * width + half + j] = Math.cos(angle);
    }
  }
  return table;
}
