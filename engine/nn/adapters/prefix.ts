import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { normal } from '../init';
import { Linear } from '../linear';
import { Parameter } from '../parameter';
import type { AdapterKind, AttentionSite, KeyValueAddition } from './addition';

/** Length and first values of the keys and values of `prefix`. */
export interface PrefixOptions {
  /** P: rows that stand before those of a text. Default 20. */
  readonly length?: number;
  /** Standard deviation of the first keys and values, or of the rows that a network makes them from. Default 1, as PEFT's. */
  readonly std?: number;
  /**
   * Rows of a table go through a network with so many numbers in between, tanh there, that makes the keys and values of all
   * layers of one pattern (Li and Liang 2021, 4.3). It trains more steadily. Default null: keys and values learn by themselves.
   */
  readonly hidden?: number | null;
}

/** Learnt keys and values before an attention's own (Li and Liang 2021), without a network that makes them. */
export class Prefix implements KeyValueAddition {
  /** (P, 2·G·D): keys, then values. */
  readonly keyValues: Parameter;

  constructor(
    { keyValueWidth: width }: AttentionSite,
    { length, std }: Omit<Required<PrefixOptions>, 'hidden'>,
  ) {
    this.keyValues = new Parameter([length, 2 * width], { init: normal(std), sections: [width, width] });
  }

  get rows(): number {
    return this.keyValues.shape[0];
  }

  forward(g: Graph): Tensor {
    return g.use(this.keyValues);
  }
}

/** What all layers' keys and values are made from. */
class PrefixNetwork {
  /** (P, G·D). */
  readonly table: Parameter;
  /** (hidden, G·D). */
  readonly inner: Linear;

  constructor(
    width: number,
    hidden: number,
    { length, std }: { readonly length: number; readonly std: number },
  ) {
    this.table = new Parameter([length, width], { init: normal(std) });
    this.inner = new Linear(width, hidden);
  }

  /** -> (P, hidden). */
  forward(g: Graph): Tensor {
    return g.call(this, 'inner', g.use(this.table), { activation: 'tanh' } as const);
  }
}

/** Learnt keys and values that a network makes, which other layers share but for its last step. */
export class ProjectedPrefix implements KeyValueAddition {
  readonly network: PrefixNetwork;
  /** (2·G·D, hidden): keys, then values. */
  readonly output: Linear;

  constructor(
    site: AttentionSite,
    { length, std, hidden }: { readonly length: number; readonly std: number; readonly hidden: number },
  ) {
    const { keyValueWidth: width } = site;
    this.network = site.shared(() => new PrefixNetwork(width, hidden, { length, std }));
    if (this.network.table.shape[1] !== width) {
      const what = `its keys are ${width} wide, those of other layers ${this.network.table.shape[1]}`;
      throw new EngineError(`prefix ${site.name}`, what, 'Give each width a pattern of its own.');
    }
    this.output = new Linear(hidden, [width, width]);
  }

  get rows(): number {
    return this.network.table.shape[0];
  }

  forward(g: Graph): Tensor {
    return g.call(this, 'output', this.network.forward(g));
  }
}

/**
 * Prefixes before attentions: for `adapt`. Texts then stand at the positions after their P rows, as in PEFT, so a model of
 * learned positions takes texts that are P shorter. Throws `EngineError` for options that cannot be.
 */
export function prefix(options: PrefixOptions = {}): AdapterKind {
  const { length = 20, std = 1, hidden = null } = options;
  expectOptions('prefix', options, { length, std, hidden });
  if (!Number.isInteger(length) || length < 1) {
    throw new EngineError('prefix', `length is ${length}`, 'Use a whole number of at least 1.');
  }
  if (!(Number.isFinite(std) && std >= 0)) {
    throw new EngineError('prefix', `std is ${std}`, 'Use a finite number of at least 0.');
  }
  if (hidden !== null && !(Number.isInteger(hidden) && hidden >= 1)) {
    throw new EngineError('prefix', `hidden is ${hidden}`, 'Use a whole number of at least 1, or null.');
  }
  const settings = { length, std, ...(hidden !== null && { hidden }) };
  return {
    ...{ kind: 'prefix', settings },
    attention: (site) =>
      hidden === null
        ? new Prefix(site, { length, std })
        : new ProjectedPrefix(site, { length, std, hidden }),
  };
}
