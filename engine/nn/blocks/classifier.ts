import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { expectActivation, type Activation } from '../../shaders/activation/activation';
import { dropout } from '../../shaders/dropout/dropout';
import type { Init } from '../init';
import { Linear } from '../linear';

/** What `Classifier` is made of. */
export interface ClassifierConfig {
  /** C. */
  readonly width: number;
  /** K: classes, or numbers of a regression. */
  readonly classes: number;
  /** Probability of dropping a number of what each layer reads while training. Default 0. */
  readonly dropout?: number;
  /** A layer with this activation before the output: RoBERTa's 'tanh', ELECTRA's 'gelu', DistilBERT's 'relu'. Default null: none. */
  readonly activation?: Activation | null;
  /** Whether rows are dropped from before that layer, too. Default true; DistilBERT's are not. */
  readonly dropoutBefore?: boolean;
  /** First values of the weights. Default those of `Linear`. */
  readonly init?: Init;
}

/** Rows to scores of classes: dropout, maybe a layer with its activation and dropout, the output. x (…, C) -> (…, K). */
export class Classifier {
  /** (C, C). */
  readonly dense: Linear | null;
  /** (K, C). */
  readonly output: Linear;
  readonly #c: Required<Pick<ClassifierConfig, 'dropout' | 'activation' | 'dropoutBefore'>>;

  /** Throws `EngineError` for options that are unknown or cannot be, `ShapeError` for an activation that is none. */
  constructor(config: ClassifierConfig) {
    const { width, classes, dropout = 0, activation = null, dropoutBefore = true, init } = config;
    this.#c = { dropout, activation, dropoutBefore };
    expectOptions('Classifier', config, { width, classes, init, ...this.#c });
    if (activation !== null) expectActivation('Classifier', activation);
    if (!(dropout >= 0 && dropout < 1))
      throw new EngineError('Classifier', `dropout is ${dropout}`, 'It must be at least 0 and below 1.');
    const options = init ? { init } : {};
    this.dense = activation === null ? null : new Linear(width, width, options);
    this.output = new Linear(width, classes, options);
  }

  /** x (…, C) -> (…, K). */
  forward(g: Graph, x: Tensor): Tensor {
    const { dropout: p, activation, dropoutBefore } = this.#c;
    let h = x;
    if (this.dense) {
      if (dropoutBefore) h = dropout(g, h, p);
      h = g.call(this, 'dense', h, { activation: activation! });
    }
    return g.call(this, 'output', dropout(g, h, p));
  }
}
