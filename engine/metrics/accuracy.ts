import { DataError } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import { checkAdded, checkPairs } from './references';

/** How many tokens were told, see `TokenAccuracy`. */
export interface TokenAccuracyResult {
  /** Share of targets predicted exactly, 0 to 1. */
  readonly accuracy: number;
  readonly correct: number;
  readonly tokens: number;
}

/** Token accuracy of a growing text, by teacher forcing: the share of targets that were the likeliest token. */
export class TokenAccuracy {
  #correct = 0;
  #tokens = 0;

  /** Predicted ids beside target ids; targets equal to `ignoreIndex` (default IGNORE_INDEX) do not count. */
  add(predictions: ArrayLike<number>, targets: ArrayLike<number>, ignoreIndex = IGNORE_INDEX): this {
    checkPairs('TokenAccuracy', predictions, targets, ['predictions', 'targets']);
    let [correct, tokens] = [0, 0];
    for (let i = 0; i < targets.length; i++) {
      if (targets[i] === ignoreIndex) continue;
      if (predictions[i] === targets[i]) correct++;
      tokens++;
    }
    return this.addCounts(correct, tokens);
  }

  /** The same where the counting is already done. */
  addCounts(correct: number, tokens: number): this {
    if (!(Number.isInteger(correct) && Number.isInteger(tokens) && correct >= 0 && correct <= tokens)) {
      throw new DataError('TokenAccuracy', `${correct} correct of ${tokens} tokens`, 'Give two counts.');
    }
    this.#correct += correct;
    this.#tokens += tokens;
    return this;
  }

  /** Accuracy of all that was added. Throws a DataError if that is no token. */
  result(): TokenAccuracyResult {
    checkAdded('TokenAccuracy', this.#tokens, 'tokens');
    return { accuracy: this.#correct / this.#tokens, correct: this.#correct, tokens: this.#tokens };
  }
}
