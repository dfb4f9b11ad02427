import { DataError } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import { checkAdded, checkPairs } from './references';

/** How uncertain a model is about tokens, see `Perplexity`. */
export interface PerplexityResult {
  /** exp(loss): as uncertain as a choice among so many equally likely tokens. */
  readonly perplexity: number;
  /** Mean cross-entropy in nats a token. */
  readonly loss: number;
  /** The same in bits a token. */
  readonly bitsPerToken: number;
  readonly tokens: number;
}

/**
 * Perplexity of a growing text: batches weigh by their tokens, so the mean is over tokens and not over batches. Give it
 * losses without label smoothing: those with it have no perplexity.
 */
export class Perplexity {
  #sum = 0;
  #tokens = 0;

  /** `lossSum`: cross-entropy in nats, summed over `tokens` targets. For a batch's mean loss give mean × tokens. */
  add(lossSum: number, tokens: number): this {
    if (!(Number.isInteger(tokens) && tokens >= 0)) {
      throw new DataError(
        'Perplexity',
        `a batch of ${tokens} tokens`,
        'Count the targets that are not ignored.',
      );
    }
    if (Number.isNaN(lossSum) || lossSum === -Infinity || (tokens === 0 && lossSum !== 0)) {
      throw new DataError('Perplexity', `a loss of ${lossSum} over ${tokens} tokens`);
    }
    this.#sum += lossSum;
    this.#tokens += tokens;
    return this;
  }

  /** The loss of each target, of which those equal to `ignoreIndex` (default IGNORE_INDEX) do not count. */
  addLosses(losses: ArrayLike<number>, targets: ArrayLike<number>, ignoreIndex = IGNORE_INDEX): this {
    checkPairs('Perplexity', losses, targets, ['losses', 'targets']);
    let [sum, tokens] = [0, 0];
    for (let i = 0; i < targets.length; i++) {
      if (targets[i] === ignoreIndex) continue;
      sum += losses[i];
      tokens++;
    }
    return this.add(sum, tokens);
  }

  /** Perplexity of all that was added. Throws a DataError if that is no token. */
  result(): PerplexityResult {
    checkAdded('Perplexity', this.#tokens, 'tokens');
    const loss = this.#sum / this.#tokens;
    return { perplexity: Math.exp(loss), loss, bitsPerToken: loss / Math.LN2, tokens: this.#tokens };
  }
}
