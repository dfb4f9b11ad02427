/** BERT4Rec: a Transformer that reads histories in both directions and tells items that are hidden (Sun et al. 2019). */
import { expectOptions, selectRows, type Graph, type Tensor } from '../../engine/index';
import { bertParts, type CompleteBertConfig } from '../bert';
import { MaskedLM } from '../masked_lm';
import { definedOf } from '../option_checks';
import { BERT_INIT } from '../text_encoder';
import { EndPositions } from './end_positions';
import { expectItems, newest, type ItemModel, type ItemSizes } from './item_model';

/** Sizes and options of `BERT4Rec`: 2 layers of 2 heads and width 64 that read 50 items, unless said otherwise. */
export interface BERT4RecConfig extends ItemSizes {
  /** Default 2. */
  readonly heads?: number;
}

/** BERT over items. Id 0 is no item, and N + 1 hides one; what comes next is what is hidden behind all others. */
export class BERT4Rec extends MaskedLM<CompleteBertConfig & { readonly items: number }> implements ItemModel {
  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: BERT4RecConfig) {
    const defaults = { context: 50, layers: 2, heads: 2, width: 64, dropout: 0.2 };
    expectOptions('BERT4Rec', config, { items: 0, ...defaults });
    const { items, ...sizes } = { ...defaults, ...definedOf(config) } as Required<BERT4RecConfig>;
    expectItems('BERT4Rec', items);
    const { config: own, ...parts } = bertParts({
      ...{ ...sizes, vocabulary: items + 2, segments: 0, padding: 0, attentionDropout: sizes.dropout },
    });
    super({
      ...{ ...parts, config: { ...own, items } },
      positions: new EndPositions(own.context, own.width, { init: BERT_INIT }),
    });
  }

  /** The id that hides an item. */
  get mask(): number {
    return this.config.items + 1;
  }

  asked(history: ArrayLike<number>): Uint32Array<ArrayBuffer> {
    const { items, context } = this.config;
    return Uint32Array.of(...newest('BERT4Rec', history, items, context - 1), this.mask);
  }

  scores(g: Graph, ids: Tensor, lengths: Tensor): Tensor {
    const [rows] = this.hidden(g, ids, { lengths }).slice(-1);
    return this.logits(g, selectRows(g, rows, { lengths }));
  }
}
