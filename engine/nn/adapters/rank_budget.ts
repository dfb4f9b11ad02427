/** How many ranks the layers of an adapter have together, and when: AdaLoRA (Zhang et al. 2023), section 3.3. */

/** When ranks change, and by what. */
export interface BudgetSchedule {
  /** Updates of the training. */
  readonly steps: number;
  /** The mean rank of layers in the end. */
  readonly target: number;
  /** Updates before ranks begin to fall, and at the end, when they stay. */
  readonly warmup: number;
  readonly final: number;
  /** Ranks change each so many updates. */
  readonly every: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly orthogonality: number;
}

/** What is done after an update: nothing; ranks change, so that `drop` of all are gone; those that are gone stay so. */
export type BudgetStep =
  { readonly kind: 'none' | 'mask' } | { readonly kind: 'allocate'; readonly drop: number };

/**
 * What is done after update number `step`, 1 for the first: the budget falls from `ranks`, those of all layers, to `target` for each of
 * the `layers`, along a cubic curve, as in PEFT.
 */
export function budgetStep(
  { steps, target, warmup, final, every }: BudgetSchedule,
  step: number,
  { ranks, layers }: { readonly ranks: number; readonly layers: number },
): BudgetStep {
  const last = steps - final;
  if (step > last) return { kind: 'mask' };
  if (step < last && (step <= warmup || step % every !== 0)) return { kind: 'none' };
  const end = target * layers;
  const left = 1 - (step - warmup) / (last - warmup);
  const budget = Math.trunc((ranks - end) * left ** 3 + end);
  return { kind: 'allocate', drop: ranks - budget };
}
