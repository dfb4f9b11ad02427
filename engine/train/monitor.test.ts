import { describe, expect, it } from 'vitest';
import { judge, type Monitor } from './monitor';

const loss: Monitor = { metric: 'loss', mode: 'min' };
const bleu: Monitor = {
  ...{ metric: 'bleu', mode: 'max', silentAtZero: true },
  otherwise: { metric: 'chrf', mode: 'max', otherwise: loss },
};
const of = (bleu: number, chrf: number, loss = NaN) => ({ bleu, chrf, loss });

/** The steps that are the best so far, and what each was chosen by. */
function chosen(monitor: Monitor, evaluations: readonly Record<string, number>[]): (number | string)[] {
  let best: Record<string, number> | null = null;
  return evaluations.flatMap((now, step) => {
    const { better, by } = judge(monitor, now, best);
    if (better) best = now;
    return better ? [step, by] : [];
  });
}

describe('which evaluation is the best', () => {
  it('one number: strictly better, never what is not finite', () => {
    const losses = [3, NaN, 2, 2, Infinity, 1.5, 1.6].map((loss) => ({ loss }));
    expect(chosen(loss, losses)).toEqual([0, 'loss', 2, 'loss', 5, 'loss']);
    expect(judge(loss, {}, null).better).toBe(false);
  });

  it('sentences of three words: a BLEU of 0 tells nothing, chrF does', () => {
    // Long garbage has four tokens and so a BLEU, which what is right never has.
    expect(chosen(bleu, [of(0.7, 5), of(0, 40), of(0, 100), of(1.2, 30), of(0, 100)])).toEqual([
      ...[0, 'bleu', 1, 'chrf', 2, 'chrf'],
    ]);
  });

  it('nothing is right yet: chrF, then the loss', () => {
    expect(chosen(bleu, [of(0, 0, 9), of(0, 0, 8), of(0, 3, 8.5), of(4, 20, 7), of(3, 30, 6)])).toEqual([
      ...[0, 'chrf', 1, 'loss', 2, 'chrf', 3, 'chrf'],
    ]);
  });

  it('where all is the same, the next number breaks the tie', () => {
    expect(chosen(bleu, [of(100, 100, 2), of(100, 100, 1), of(100, 100, 1), of(99, 100, 0.5)])).toEqual([
      ...[0, 'bleu', 1, 'loss'],
    ]);
    expect(judge(bleu, of(100, 100, 1), of(100, 100, 2))).toEqual({ better: true, by: 'loss', tie: true });
    expect(judge(bleu, of(0, 30), of(0, 20))).toEqual({ better: true, by: 'chrf', tie: false });
    const per: Monitor = { metric: 'per', mode: 'min', otherwise: loss };
    expect(judge(per, { per: 0, loss: 1 }, { per: 3, loss: 0.5 })).toEqual({
      better: true,
      by: 'per',
      tie: false,
    });
  });

  it('best evaluations of older files have only their own number', () => {
    expect(judge(bleu, of(0, 12), { bleu: 0 })).toEqual({ better: true, by: 'chrf', tie: false });
    expect(judge(bleu, of(5, 12), { bleu: 6 })).toEqual({ better: false, by: 'bleu', tie: false });
  });
});
