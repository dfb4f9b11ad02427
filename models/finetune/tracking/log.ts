import type { FitEvent } from '../../../engine/index';

/** Hears of numbers by name, such as 'train/loss', and of the update that they belong to. Shaped as Weights & Biases' `log`. */
export type Log = (numbers: Readonly<Record<string, number>>, at: { readonly step: number }) => unknown;

/**
 * What `Run.fit` and `finetune` take as `onEvent`, for whoever wants the course of a run in numbers: of every update 'train/loss', 'train/lr' and
 * 'train/norm'; of every group of them 'train/tokensPerSecond'; of evaluations 'held/loss' and every metric, 'held/f1'. Steps count from
 * 1: the update that is done.
 */
export function logged(...logs: readonly Log[]): (event: FitEvent) => Promise<void> {
  const tell = async (step: number, numbers: Readonly<Record<string, number>>): Promise<void> => {
    for (const log of logs) await log(numbers, { step });
  };
  return async (event) => {
    if (event.kind === 'steps') {
      for (const { index, loss, lr, norm } of event.reports)
        await tell(index + 1, { 'train/loss': loss, 'train/lr': lr, 'train/norm': norm });
      const last = event.reports.at(-1);
      if (last) await tell(last.index + 1, { 'train/tokensPerSecond': event.tokensPerSecond });
    } else if (event.kind === 'evaluation') {
      const { step, loss, metrics } = event;
      const named = Object.entries(metrics).map(([name, value]) => [`held/${name}`, value] as const);
      await tell(step, { ...(!Number.isNaN(loss) && { 'held/loss': loss }), ...Object.fromEntries(named) });
    }
  };
}
