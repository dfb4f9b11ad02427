/** Names that were found in texts: a name counts only where its kind, its begin and its end are right, as in conlleval. */
import { DataError } from '../errors';
import { means, scores, type ClassScores } from './classification';
import { checkAdded, checkPairs } from './references';

/** How well named spans were found, as seqeval counts, see `SpanF1`. */
export interface SpanF1Result {
  readonly micro: ClassScores;
  /** Means over kinds. */
  readonly macro: ClassScores;
  /** The same, weighted by how many there are. */
  readonly weighted: ClassScores;
  /** By kind. */
  readonly types: Readonly<Record<string, ClassScores>>;
  /** Share of tokens whose tag is right. */
  readonly accuracy: number;
}

/** A stretch of tags of one kind. */
export interface NamedSpan {
  readonly type: string;
  /** [start, end) in tags. */
  readonly start: number;
  readonly end: number;
}

/**
 * Spans that tags in IOB1, IOB2, IOE or IOBES mark, read as conlleval does: a name begins at B or S, and where I or E stands behind
 * another kind or nothing; it ends at E or S, and before anything that does not go on with it.
 */
export function spansOf(tags: readonly string[]): NamedSpan[] {
  const spans: NamedSpan[] = [];
  let begun: { readonly type: string; readonly start: number } | null = null;
  let [before, beforeType] = ['O', ''];
  const end = (at: number): void => {
    if (begun) spans.push({ ...begun, end: at });
    begun = null;
  };
  tags.forEach((tag, at) => {
    const [mark, type] = parts(tag, at);
    const other = type !== beforeType;
    if (before !== 'O' && (/[OBS]/.test(mark) || /[ES]/.test(before) || other)) end(at);
    if (mark !== 'O' && (/[BS]/.test(mark) || /[OES]/.test(before) || other)) begun = { type, start: at };
    [before, beforeType] = [mark, type];
  });
  end(tags.length);
  return spans;
}

/** A tag's mark and kind: `B-PER`, `B` of no kind, or `O`; a kind alone counts as inside of it. */
function parts(tag: string, at: number): readonly [mark: string, type: string] {
  if (tag === '') throw new DataError('spansOf', `tag ${at} is empty`, 'Use O where there is no name.');
  if (tag === 'O') return ['O', ''];
  const [, mark, type = '_'] = /^([BIES])(?:-([^]+))?$/.exec(tag) ?? [];
  return mark === undefined ? ['I', tag] : [mark, type];
}

/** Precision, recall and F1 of names in a growing number of texts. */
export class SpanF1 {
  readonly #types = new Map<string, { hits: number; taken: number; support: number }>();
  #right = 0;
  #tokens = 0;

  /** A text's tags, predicted and right. Throws `DataError` where these are not as many. */
  add(predictions: readonly string[], labels: readonly string[]): this {
    checkPairs('SpanF1', predictions, labels, ['predicted tags', 'tags']);
    const [told, right] = [spansOf(predictions), spansOf(labels)];
    const key = ({ type, start, end }: NamedSpan): string => JSON.stringify([type, start, end]);
    const known = new Set(right.map(key));
    for (const span of told) {
      const counts = this.#of(span.type);
      counts.taken++;
      if (known.has(key(span))) counts.hits++;
    }
    for (const { type } of right) this.#of(type).support++;
    this.#tokens += labels.length;
    this.#right += labels.filter((tag, i) => tag === predictions[i]).length;
    return this;
  }

  /** Scores of all that was added. Throws `DataError` if that is no token. */
  result(): SpanF1Result {
    checkAdded('SpanF1', this.#tokens, 'tags');
    const all = [...this.#types].sort(([a], [b]) => (a < b ? -1 : 1));
    const sum = (key: 'hits' | 'taken' | 'support'): number =>
      all.reduce((n, [, counts]) => n + counts[key], 0);
    const types = all.map(
      ([type, { hits, taken, support }]) => [type, scores(hits, taken, support)] as const,
    );
    return {
      micro: scores(sum('hits'), sum('taken'), sum('support')),
      ...means(
        types.map(([, one]) => one),
        null,
      ),
      types: Object.fromEntries(types),
      accuracy: this.#right / this.#tokens,
    };
  }

  #of(type: string): { hits: number; taken: number; support: number } {
    let counts = this.#types.get(type);
    if (!counts) this.#types.set(type, (counts = { hits: 0, taken: 0, support: 0 }));
    return counts;
  }
}
