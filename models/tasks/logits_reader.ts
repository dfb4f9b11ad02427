import type { Device, Graph, Tensor, Tokenizer } from '../../engine/index';
import { expectVocabulary } from './inputs';
import { TextReader, type TextModel, type Texts } from './text_reader';

/** A model with a head that gives logits of texts or of their tokens. */
export interface HeadModel extends TextModel {
  readonly config: TextModel['config'] & { readonly vocabulary: number };
  /** The id that batches must be filled up with, where the model tells by it where texts end. Default none. */
  readonly padding?: number | null;
  /** -> logits (B, …). */
  forward(g: Graph, ids: Tensor, input: Texts['input']): Tensor;
}

/** Reads each text's `logits`, for the task `where`. Throws `DataError` for a tokenizer of another model. */
export function logitsReader(
  where: string,
  device: Device,
  model: HeadModel,
  tokenizer: Tokenizer,
): TextReader {
  expectVocabulary(where, tokenizer, model.config.vocabulary);
  const record = (g: Graph, { ids, input }: Texts) => ({ logits: model.forward(g, ids, input) });
  return new TextReader(device, model, record, { pad: model.padding ?? 0 });
}
