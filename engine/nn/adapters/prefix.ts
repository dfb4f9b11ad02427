import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { normal } from '../init';
import { Parameter } from '../parameter';
import type { AdapterKind, AttentionSite, KeyValueAddition } from './addition';

/** Length and first values of the keys and values of `prefix`. */
export interface PrefixOptions {
  /** P: rows that stand before those of a text. Default 20. */
  readonly length?: number;
  /** Standard deviation of the first keys and values. Default 1, as PEFT's. */
  readonly std?: number;
}

/** Learnt keys and values before an attention's own (Li and Liang 2021), without a network that makes them. */
export class Prefix implements KeyValueAddition {
  /** (P, 2·G·D): keys, then values. */
  readonly keyValues: Parameter;

  constructor({ keyValueWidth: width }: AttentionSite, { length, std }: Required<PrefixOptions>) {
    this.keyValues = new Parameter([length, 2 * width], { init: normal(std), sections: [width, width] });
  }

  get rows(): number {
    return this.keyValues.shape[0];
  }

  forward(g: Graph): Tensor {
    return g.use(this.keyValues);
  }
}

/**
 * Prefixes before attentions: for `adapt`. Texts then stand at the positions after their P rows, as in PEFT, so a model of
 * learned positions takes texts that are P shorter. Throws `EngineError` for options that cannot be.
 */
export function prefix(options: PrefixOptions = {}): AdapterKind {
  const { length = 20, std = 1 } = options;
  expectOptions('prefix', options, { length, std });
  if (!Number.isInteger(length) || length < 1) {
    throw new EngineError('prefix', `length is ${length}`, 'Use a whole number of at least 1.');
  }
  if (!(Number.isFinite(std) && std >= 0)) {
    throw new EngineError('prefix', `std is ${std}`, 'Use a finite number of at least 0.');
  }
  const settings = { length, std };
  return { kind: 'prefix', settings, attention: (site) => new Prefix(site, settings) };
}
