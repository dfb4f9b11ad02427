/** What varies from one run of a plan to the next; mirrors `struct Step` in step.wgsl. */
export interface Step {
  readonly index: number;
  readonly seed: number;
  readonly position: number;
  readonly length: number;
  readonly lr: number;
  readonly correction1: number;
  readonly correction2: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
}

export const STEP_BYTES = 48;

const DEFAULTS: Step = {
  index: 0,
  seed: 0,
  position: 0,
  length: 0,
  lr: 0,
  correction1: 1,
  correction2: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
};

/** Writes `step` over the defaults into `bytes`, without allocating. */
export function writeStep(view: DataView, step: Partial<Step>): void {
  view.setUint32(0, step.index ?? DEFAULTS.index, true);
  view.setUint32(4, step.seed ?? DEFAULTS.seed, true);
  view.setUint32(8, step.position ?? DEFAULTS.position, true);
  view.setUint32(12, step.length ?? DEFAULTS.length, true);
  view.setFloat32(16, step.lr ?? DEFAULTS.lr, true);
  view.setFloat32(20, step.correction1 ?? DEFAULTS.correction1, true);
  view.setFloat32(24, step.correction2 ?? DEFAULTS.correction2, true);
  view.setFloat32(28, step.temperature ?? DEFAULTS.temperature, true);
  view.setUint32(32, step.topK ?? DEFAULTS.topK, true);
  view.setFloat32(36, step.topP ?? DEFAULTS.topP, true);
}
