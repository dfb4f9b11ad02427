import { Parameter } from '../parameter';

/**
 * What a linear attention remembers of a text, whatever its length: the state of each head, and the inputs that a causal
 * convolution still sees. State that outlives plans; a store gives it memory. A run at `position` 0 begins it anew, and it
 * only goes on: there is no way back to an earlier row.
 */
export class RecurrentCache {
  /** (B, N, D, E) f32: sums of a whole text. */
  readonly state: Parameter;
  /** (B, taps - 1, columns) f32. */
  readonly inputs: Parameter;
  readonly prefix = 0;

  constructor(state: readonly number[], inputs: readonly number[]) {
    const make = (shape: readonly number[]): Parameter =>
      new Parameter(shape, { trainable: false, decay: false });
    this.state = make(state);
    this.inputs = make(inputs);
  }
}
