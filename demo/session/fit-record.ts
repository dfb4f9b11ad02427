/** How far a training came: its losses, how it was judged, and its checkpoints, as the events of `Run.fit` tell them. */
import type { FitEvent } from '../../engine/index';
import type { History } from './protocol';

/** Updates as they are told on the page. */
export interface Steps {
  readonly from: number;
  readonly losses: readonly number[];
  readonly tokensPerSecond: number;
  readonly stepMilliseconds: number;
}

export interface KeptCheckpoint {
  readonly step: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class FitRecord {
  #losses: number[] = [];
  #validation: (readonly [step: number, loss: number])[] = [];
  last: KeptCheckpoint | null = null;
  best: KeptCheckpoint | null = null;

  /** Updates up to the last checkpoint. */
  get step(): number {
    return this.last?.step ?? 0;
  }

  get history(): History {
    return { losses: this.#losses, validation: this.#validation };
  }

  judged(step: number, loss: number): void {
    this.#validation = [...this.#validation.filter(([at]) => at !== step), [step, loss]];
  }

  /** Forgets what came after a step. */
  cut(step: number): void {
    this.#losses.length = Math.min(this.#losses.length, step);
    this.#validation = this.#validation.filter(([at]) => at <= step);
  }

  /** Takes what updates, checkpoints and pauses tell; who judges, and what a lost device means, is the caller's. */
  hear(
    event: FitEvent,
    { onSteps, onPaused }: { onSteps: (steps: Steps) => void; onPaused: (paused: boolean) => void },
  ): void {
    if (event.kind === 'steps') {
      const { reports, tokensPerSecond, stepMilliseconds } = event;
      const losses = reports.map(({ loss }) => loss);
      const from = reports[0].index;
      this.#losses.length = Math.min(this.#losses.length, from);
      this.#losses.push(...losses);
      onSteps({ from, losses, tokensPerSecond, stepMilliseconds });
    } else if (event.kind === 'checkpoint') {
      this.last = { step: event.step, bytes: event.bytes };
      if (event.best) this.best = this.last;
    } else if (event.kind === 'paused' || event.kind === 'resumed') onPaused(event.kind === 'paused');
  }
}
