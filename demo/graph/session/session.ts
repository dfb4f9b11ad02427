/**
 * What the worker does for the page Graph: teaches a network the classes of a graph's members, and reads any change of the graph with
 * it. A call either succeeds or throws one error that is fit to be shown; a failed call leaves the network as it was.
 */
import { EngineError, type PauseSwitch } from '../../../engine/index';
import { Between } from '../../session/between';
import { Connection } from '../../session/connection';
import { InTurn } from '../../session/in-turn';
import { Lifeline, type Calls } from '../../session/lifeline';
import { Training } from '../../session/training';
import { guessTies } from './guess';
import type {
  Asked,
  GraphEvent,
  GraphRun,
  GraphSettings,
  Guesses,
  Looked,
  Taught,
  TrainedNet,
} from './protocol';
import { Shipped } from './shipped';
import { Student } from './student';

export class GraphSession {
  readonly #emit: (event: GraphEvent) => void;
  readonly #connection: Calls;
  readonly #lifeline: Lifeline;
  readonly #training: Training<GraphRun>;
  /** Looks while nothing learns: no two at once. */
  readonly #looks = new InTurn();
  readonly #between = new Between();
  #learning = false;
  #student: Student | null = null;
  /** A network that was brought, while there is no student. */
  #trained: TrainedNet | null = null;
  #shipped: Shipped | null = null;

  constructor(emit: (event: GraphEvent) => void, connection?: Calls) {
    this.#emit = emit;
    this.#training = new Training((state, run) => emit({ kind: 'state', state, run }));
    this.#connection = connection ?? new Connection((adapter) => emit({ kind: 'adapter', adapter }));
    this.#lifeline = new Lifeline(this.#connection, () => this.#recovered(this.#trained?.run.step ?? 0));
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#lifeline.open();
  }

  /** Takes a network that learnt elsewhere, in place of what is there. */
  adopt(trained: TrainedNet): Promise<void> {
    return this.#training.turns.run(async () => {
      await this.#replace(null, trained);
      this.#training.run = trained.run;
      this.#training.set('finished');
    });
  }

  /** Learns: goes on with a network that was stopped where settings and graph are its own, else begins with a new one. */
  train(settings: GraphSettings, taught: Taught): Promise<void> {
    return this.#training.train(
      async (signal, pause) => {
        try {
          await this.#train(settings, taught, signal, pause);
        } finally {
          this.#learning = false;
          await this.#between.drain();
        }
      },
      () => this.#student?.done ?? true,
    );
  }

  pause(): void {
    this.#training.pause();
  }

  resume(): void {
    this.#training.resume();
  }

  /** Ends what is under way; the network stays. */
  async stop(): Promise<void> {
    await this.#training.turns.cancel();
  }

  /** Drops the network. */
  async forget(): Promise<void> {
    await this.stop();
    await this.#replace(null, null);
    this.#training.run = null;
    this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
    this.#training.set('empty');
  }

  /** What the network says of a graph as it is now; while it learns, between two steps. Throws an `EngineError` where there is none. */
  look(asked: Asked): Promise<Looked> {
    if (this.#learning) return this.#between.wait(() => this.#look(asked));
    return this.#looks.run(() => this.#look(asked));
  }

  /** Who may become friends: another network of these settings learns which members are tied, and is asked of all who are not. */
  guess(settings: GraphSettings, asked: Asked): Promise<Guesses> {
    return this.#training.turns.run(async (signal) => {
      return guessTies(settings, asked, {
        device: await this.#lifeline.open(),
        reopen: () => this.#connection.reopen(),
        signal,
        onProgress: (share) => this.#emit({ kind: 'guessing', share }),
      });
    });
  }

  /** The weights as they are. Throws an `EngineError` where nothing has learnt. */
  async weights(): Promise<ReadonlyMap<string, Float32Array>> {
    if (!this.#student) throw new EngineError('Weights', 'there is no network', 'Train one.');
    return this.#student.weights();
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#lifeline.lose();
  }

  async #look(asked: Asked): Promise<Looked> {
    const [student, trained] = [this.#student, this.#trained];
    if (student) return student.look(asked, (step) => this.#recovered(step));
    if (!trained) throw new EngineError('Look', 'there is no network yet', 'Press Train.');
    const read = async (): Promise<Looked> => {
      this.#shipped = await this.#lifeline.current(this.#shipped, (device) => Shipped.open(device, trained));
      return this.#shipped.look(asked);
    };
    return this.#lifeline.hold(() => this.#shipped, read, new AbortController().signal);
  }

  async #train(
    settings: GraphSettings,
    taught: Taught,
    signal: AbortSignal,
    pause: PauseSwitch,
  ): Promise<void> {
    const student = await this.#studentFor(settings, taught, signal);
    this.#training.run = student.describe;
    this.#learning = true;
    this.#training.set('training');
    await student.learn({
      ...{ signal, pause },
      onSteps: async (steps) => {
        this.#emit({ kind: 'steps', ...steps });
        await this.#between.drain();
      },
      onPaused: async (paused) => {
        this.#learning = !paused;
        this.#training.run = student.describe;
        this.#training.set(paused ? 'paused' : 'training');
        await this.#between.drain();
      },
      onJudged: (judged, loss) => {
        this.#emit({ kind: 'evaluation', step: judged.step, loss });
        this.#emit({ kind: 'judged', judged });
      },
      onRecovered: (step) => this.#recovered(step),
    });
    this.#training.run = student.describe;
  }

  async #studentFor(settings: GraphSettings, taught: Taught, signal: AbortSignal): Promise<Student> {
    const present = this.#student;
    if (present && !present.done && present.isOf(settings, taught)) return present;
    const student = await Student.create(settings, taught, {
      device: await this.#lifeline.open(),
      reopen: () => this.#connection.reopen(),
      signal,
      onProgress: (done, total) => this.#emit({ kind: 'progress', phase: 'compile', share: done / total }),
    });
    await this.#replace(student, null);
    this.#tellHistory();
    return student;
  }

  /** In its turn among looks, which read what is there. */
  #replace(student: Student | null, trained: TrainedNet | null): Promise<void> {
    return this.#looks.run(() => {
      this.#student?.[Symbol.dispose]();
      this.#shipped?.[Symbol.dispose]();
      [this.#student, this.#trained, this.#shipped] = [student, trained, null];
      return Promise.resolve();
    });
  }

  /** Another device took the place of a lost one; the network is as it was at this step. */
  #recovered(step: number): void {
    if (this.#student) this.#tellHistory();
    this.#emit({ kind: 'recovered', step });
  }

  #tellHistory(): void {
    const { record, judged = [] } = this.#student ?? {};
    this.#emit({ kind: 'history', history: record?.history ?? { losses: [], validation: [] } });
    this.#emit({ kind: 'judgements', judged });
  }
}
