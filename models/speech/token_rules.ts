/** Which tokens a Whisper may go on with, on the CPU: rules look at all tokens at once, of times as much as of words. */
import type { SpeechSettings } from './speech_settings';

/** Of the texts of a window. */
export interface TokenRules extends Pick<
  SpeechSettings,
  'end' | 'noTimestamps' | 'suppressed' | 'suppressedAtBegin' | 'maxInitialTimestamp'
> {
  /** Whether times are written. */
  readonly timestamps: boolean;
}

/** ln Σ e^x from `from` to `to`. */
function logSumExp(scores: Float64Array, from: number, to: number): number {
  let most = -Infinity;
  for (let i = from; i < to; i++) if (scores[i] > most) most = scores[i];
  if (most === -Infinity) return most;
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(scores[i] - most);
  return most + Math.log(sum);
}

/** ln of the probabilities that logits say. */
export function logProbabilitiesOf(logits: ArrayLike<number>): Float64Array {
  const scores = Float64Array.from(logits);
  const all = logSumExp(scores, 0, scores.length);
  return scores.map((x) => x - all);
}

/**
 * Makes scores (V) of tokens that may not follow -∞: those that are suppressed, and of times those that Whisper's rules leave
 * out (Radford et al. 2022, 3.8; Transformers' WhisperTimeStampLogitsProcessor). Times come in pairs, of an end and the next
 * beginning, and never go back; the first token is one, not too late; and where all of them together are likelier than
 * any other token, a time follows. `made`: the ids behind the beginning.
 */
export function applyRules(scores: Float64Array, made: readonly number[], rules: TokenRules): void {
  const { suppressed, suppressedAtBegin, timestamps, noTimestamps, end, maxInitialTimestamp } = rules;
  if (made.length === 0) for (const id of suppressedAtBegin) scores[id] = -Infinity;
  for (const id of suppressed) scores[id] = -Infinity;
  if (!timestamps) return;
  const first = noTimestamps + 1; // of the times
  scores[noTimestamps] = -Infinity;
  const isTime = (id: number | undefined): boolean => id !== undefined && id >= first;
  const lastIsTime = isTime(made.at(-1));
  const beforeIsTime = made.length < 2 || isTime(made.at(-2));
  if (lastIsTime) {
    if (beforeIsTime) scores.fill(-Infinity, first);
    else scores.fill(-Infinity, 0, end[0]);
  }
  const time = made.findLast(isTime);
  if (time !== undefined) {
    // The end of a piece may be the beginning of the next; else a time is a later one.
    scores.fill(-Infinity, first, lastIsTime && !beforeIsTime ? time : time + 1);
  }
  if (made.length === 0) {
    scores.fill(-Infinity, 0, first);
    if (maxInitialTimestamp !== null) scores.fill(-Infinity, first + maxInitialTimestamp + 1);
  }
  let word = -Infinity;
  for (let id = 0; id < first; id++) if (scores[id] > word) word = scores[id];
  if (logSumExp(scores, first, scores.length) > word) scores.fill(-Infinity, 0, first);
}

/** The `count` likeliest that are left, the likeliest first; of equal ones the lowest id. */
export function likeliest(scores: Float64Array, count: number): number[] {
  const best: number[] = [];
  for (let id = 0; id < scores.length; id++) {
    const x = scores[id];
    if (x === -Infinity || (best.length === count && x <= scores[best[count - 1]])) continue;
    let at = best.length;
    while (at > 0 && scores[best[at - 1]] < x) at--;
    best.splice(at, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
