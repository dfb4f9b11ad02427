/** A training as its page is told of it: its state, the run that stands there, and the turns in which all that is done with it takes place. */
import { PauseSwitch } from '../../engine/index';
import { InTurn } from './in-turn';
import type { RunState } from './protocol';

export class Training<Run> {
  readonly turns = new InTurn();
  /** What stands there; `set` tells of it. */
  run: Run | null = null;
  readonly #tell: (state: RunState, run: Run | null) => void;
  #state: RunState = 'empty';
  #pause: PauseSwitch | null = null;

  constructor(tell: (state: RunState, run: Run | null) => void) {
    this.#tell = tell;
  }

  /** It learns, waits for kernels, or is paused. */
  get running(): boolean {
    return this.#pause !== null;
  }

  set(state: RunState): void {
    this.#state = state;
    this.tell();
  }

  /** The run is another one than was told. */
  tell(): void {
    this.#tell(this.#state, this.run);
  }

  /** Learns in its turn. A stop ends it in order; `isDone`: whether all is learnt. */
  train(
    work: (signal: AbortSignal, pause: PauseSwitch) => Promise<void>,
    isDone: (before: RunState) => boolean,
  ): Promise<void> {
    return this.turns.run(async (signal) => {
      this.#pause = new PauseSwitch();
      const before = this.#state;
      this.set('preparing');
      try {
        await work(signal, this.#pause);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        this.#pause = null;
        this.set(!this.run ? 'empty' : isDone(before) ? 'finished' : 'stopped');
      }
    });
  }

  pause(): void {
    this.#pause?.pause();
  }

  resume(): void {
    this.#pause?.resume();
  }
}
