/** Which evaluation of a training is the better one. */

/** Which number says that a model is better: 'loss', or one that `measure` returns, such as BLEU. */
export interface Monitor {
  readonly metric: string;
  readonly mode: 'min' | 'max';
  /**
   * Whether 0 says nothing: `otherwise` then decides in its place. A BLEU of 0 only says that no sentence had four right
   * tokens in a row, or that none had four tokens.
   */
  readonly silentAtZero?: boolean;
  /** What decides where this number is the same in both evaluations, or silent in either. */
  readonly otherwise?: Monitor;
}

type Numbers = Readonly<Record<string, number | undefined>>;

export interface Judgement {
  readonly better: boolean;
  /** The number that decided. */
  readonly by: string;
  /** A number before that one was the same, and not 0. */
  readonly tie: boolean;
}

/** Whether an evaluation is better than the best before it (null: there is none). */
export function judge(monitor: Monitor, now: Numbers, before: Numbers | null): Judgement {
  let tie = false;
  const known = (metric: string): boolean => Number.isFinite(now[metric]);
  if (!known(monitor.metric)) return { better: false, by: monitor.metric, tie };
  for (let at: Monitor | undefined = monitor; at; at = at.otherwise) {
    const { metric, mode, silentAtZero = false, otherwise } = at;
    const [a, b] = [now[metric], before?.[metric]];
    if (!known(metric) || a === undefined) continue;
    if (silentAtZero && otherwise && known(otherwise.metric) && (a === 0 || b === 0)) continue;
    if (b === undefined || !Number.isFinite(b)) return { better: true, by: metric, tie };
    if (a !== b) return { better: mode === 'min' ? a < b : a > b, by: metric, tie };
    tie ||= a !== 0;
  }
  return { better: false, by: monitor.metric, tie };
}
