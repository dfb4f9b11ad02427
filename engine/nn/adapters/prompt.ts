import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { normal } from '../init';
import { Linear } from '../linear';
import { Parameter } from '../parameter';
import type { AdapterKind, PromptAddition, PromptSite } from './addition';

/** Length and first values of the virtual tokens of `prompt`. */
export interface PromptOptions {
  /** P: virtual tokens. Default as many as `ids`, else 20. */
  readonly length?: number;
  /** Standard deviation of their first values. Default 1, as PEFT's. */
  readonly std?: number;
  /** They begin as the embeddings of these tokens, which are repeated, or cut, to P. Default null: at random. */
  readonly ids?: readonly number[] | null;
  /**
   * Rows of a table go through three layers with so many numbers in between, ReLU there, that make the virtual tokens (P-tuning, Liu et al.
   * 2021, as PEFT's MLP). Default null: they learn by themselves.
   */
  readonly hidden?: number | null;
}

type Complete = Pick<Required<PromptOptions>, 'length' | 'std' | 'ids'>;

/** Virtual tokens that learn by themselves (Lester et al. 2021). */
export class Prompt implements PromptAddition {
  /** (P, E). */
  readonly embeddings: Parameter;
  /** The tokens whose embeddings it begins as, one for each row; null for numbers at random. */
  readonly first: readonly number[] | null;

  constructor({ width }: PromptSite, { length, std, ids }: Complete) {
    this.embeddings = new Parameter([length, width], { init: normal(std) });
    this.first = ids;
  }

  get rows(): number {
    return this.embeddings.shape[0];
  }

  forward(g: Graph): Tensor {
    return g.use(this.embeddings);
  }
}

/** Virtual tokens that a network makes of the rows of a table. */
export class ProjectedPrompt implements PromptAddition {
  /** (P, E). */
  readonly table: Parameter;
  /** (hidden, E). */
  readonly inner: Linear;
  /** (hidden, hidden). */
  readonly middle: Linear;
  /** (E, hidden). */
  readonly output: Linear;

  constructor({ width }: PromptSite, { length, std }: Complete, hidden: number) {
    this.table = new Parameter([length, width], { init: normal(std) });
    this.inner = new Linear(width, hidden);
    this.middle = new Linear(hidden, hidden);
    this.output = new Linear(hidden, width);
  }

  get rows(): number {
    return this.table.shape[0];
  }

  forward(g: Graph): Tensor {
    const relu = { activation: 'relu' } as const;
    const h = g.call(this, 'middle', g.call(this, 'inner', g.use(this.table), relu), relu);
    return g.call(this, 'output', h);
  }
}

/**
 * Virtual tokens before the embeddings of every text: for `adapt(model, { prompt: prompt() })`. They have the first P positions, so a model
 * takes texts that are P shorter; those of an encoder-decoder stand before its source. All rows that a model gives are those of
 * the text, but heads that read the first row of all (BERT's pooler) read that of the first virtual token, as in PEFT. Caches of generation
 * are filled with them once: see `CausalLM.prepare`. Throws `EngineError` for options that cannot be.
 */
export function prompt(options: PromptOptions = {}): AdapterKind {
  const { ids = null, length = ids?.length ?? 20, std = 1, hidden = null } = options;
  expectOptions('prompt', options, { length, std, ids, hidden });
  const refuse = (name: string, value: unknown, todo: string): never => {
    throw new EngineError('prompt', `${name} is ${JSON.stringify(value)}`, todo);
  };
  const whole = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= 1;
  if (ids && !(ids.length > 0 && ids.every((id) => Number.isInteger(id) && id >= 0)))
    refuse('ids', ids, 'Give ids of tokens.');
  if (!whole(length)) refuse('length', length, 'Use a whole number of at least 1.');
  if (!(Number.isFinite(std) && std >= 0)) refuse('std', std, 'Use a finite number of at least 0.');
  if (hidden !== null && !whole(hidden)) refuse('hidden', hidden, 'Use a whole number of at least 1.');
  if (hidden !== null && ids) refuse('ids', ids, 'A network makes the rows: leave them out, or hidden.');
  const settings = {
    ...{ length, std },
    ...(hidden !== null && { hidden }),
    ...(ids && { ids: ids.join(' ') }),
  };
  return {
    ...{ kind: 'prompt', settings },
    prompt(site) {
      const above = ids?.find((id) => id >= site.vocabulary);
      if (above !== undefined) refuse('ids', ids, `Ids of the model are below ${site.vocabulary}.`);
      const first = ids && Array.from({ length }, (_, p) => ids[p % ids.length]);
      const own = { length, std, ids: first };
      return hidden === null ? new Prompt(site, own) : new ProjectedPrompt(site, own, hidden);
    },
  };
}
