/**
 * What the worker does for the page Next: says what may follow some items, and learns that from a table. A call either succeeds or throws one
 * error that is fit to be shown; a failed call leaves the model as it was.
 */
import {
  countParameters,
  EngineError,
  ParameterStore,
  type FitEvent,
  type PauseSwitch,
} from '../../../engine/index';
import {
  judgeScorer,
  MarkovChain,
  Popularity,
  Recommender,
  saveRecommender,
  trainRecommender,
  type SASRec,
} from '../../../models/items/index';
import { Connection } from '../../session/connection';
import { FitRecord } from '../../session/fit-record';
import { InTurn } from '../../session/in-turn';
import { Lifeline, type Calls } from '../../session/lifeline';
import { Training } from '../../session/training';
import { COURSE, K, modelOf } from '../settings';
import { Advisor, type Kept } from './advisor';
import { ownItems, shopItems, type ItemData } from './data';
import type {
  Answer,
  DataFacts,
  NextEvent,
  NextRun,
  NextSettings,
  OwnTable,
  SavedFile,
  Scores,
} from './protocol';

export class NextSession {
  readonly #emit: (event: NextEvent) => void;
  readonly #connection: Calls;
  readonly #lifeline: Lifeline;
  readonly #training: Training<NextRun>;
  /** No two answers at once. */
  readonly #answers = new InTurn();
  #data: ItemData = shopItems();
  #kept: Kept | null = null;
  #advisor: Advisor | null = null;

  constructor(emit: (event: NextEvent) => void, connection?: Calls) {
    this.#emit = emit;
    this.#training = new Training((state, run) => emit({ kind: 'state', state, run }));
    this.#connection = connection ?? new Connection((adapter) => emit({ kind: 'adapter', adapter }));
    this.#lifeline = new Lifeline(this.#connection, () => emit({ kind: 'recovered' }));
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#lifeline.open();
  }

  /** Takes the recommender of the shop, which the page ships. */
  ship(
    bytes: Uint8Array<ArrayBuffer>,
    run: Omit<NextRun, 'items' | 'parameters' | 'vocabulary'>,
  ): Promise<void> {
    return this.#take({ bytes, histories: shopItems().split.test.map(({ before }) => before) }, run);
  }

  /** Takes a recommender that was saved. Throws a `DataError` for anything else. */
  async load(file: File): Promise<void> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const about = { title: file.name, shop: false, settings: null, step: 0, steps: 0, best: 0, scores: null };
    await this.#take({ bytes, histories: null }, about);
  }

  /** The recommender as a file. Throws an `EngineError` where there is none. */
  save(): SavedFile {
    if (!this.#kept) throw new EngineError('Save', 'there is no recommender', 'Train one.');
    return { name: 'next-item.safetensors', bytes: this.#kept.bytes };
  }

  /** Reads what is to be learnt from; null: the shop. Throws a `DataError` that says what is wrong with it. */
  async choose(table: OwnTable | null): Promise<DataFacts> {
    this.#data = table ? await ownItems(table) : shopItems();
    return this.#data.facts;
  }

  /** What may follow some items. Throws an `EngineError` where there is no recommender, or no item. */
  answer(history: readonly number[], again: boolean): Promise<Answer> {
    return this.#answers.run(async (signal) => {
      const kept = this.#kept;
      if (!kept) throw new EngineError('Next', 'there is no recommender yet', 'Press Train.');
      const work = async (): Promise<Answer> => {
        this.#advisor = await this.#lifeline.current(this.#advisor, (device) => Advisor.open(device, kept));
        return this.#advisor.answer(history, again);
      };
      return this.#lifeline.hold(() => this.#advisor, work, signal);
    });
  }

  /** Learns from what was chosen; what answers meanwhile is the recommender of before. */
  train(settings: NextSettings): Promise<void> {
    let done = true;
    return this.#training.train(
      async (signal, pause) => {
        done = await this.#train(settings, signal, pause);
      },
      () => done,
    );
  }

  pause(): void {
    this.#training.pause();
  }

  resume(): void {
    this.#training.resume();
  }

  /** Ends training, in order: the best weights so far stay. */
  async stop(): Promise<void> {
    await this.#training.turns.cancel();
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#lifeline.lose();
  }

  /** Whether it came to its end. */
  async #train(settings: NextSettings, signal: AbortSignal, pause: PauseSwitch): Promise<boolean> {
    const data = this.#data;
    const { epochs, seed, again } = settings;
    const seen = again ? 'again' : 'out';
    const device = await this.#lifeline.open();
    const model = modelOf(data.items.length);
    using _weights = new ParameterStore(device, model, { seed });
    const record = new FitRecord();
    let now = device;
    const about = { title: data.facts.title, shop: data.shop, items: data.items, settings };
    const sizes = { vocabulary: data.items.length, parameters: countParameters(model), scores: null };
    const tell = (step: number, steps: number): void => {
      this.#training.run = { ...about, ...sizes, step, steps, best: 0 };
    };
    let begun = false;
    const onEvent = (event: FitEvent): void => {
      if (event.kind === 'steps' && !begun)
        this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
      record.hear(event, {
        onSteps: (steps) => this.#emit({ kind: 'steps', ...steps }),
        onPaused: (paused) => this.#training.set(paused ? 'paused' : 'training'),
      });
      if (event.kind === 'recovered') {
        record.cut(event.step);
        this.#emit({ kind: 'history', history: record.history });
        this.#emit({ kind: 'recovered' });
      } else if (event.kind === 'evaluation') {
        const { hitRate, ndcg } = event.metrics;
        this.#emit({ kind: 'judged', step: event.step, score: { hitRate, ndcg } });
      }
    };
    const before = this.#training.run;
    try {
      const { reason, step, best } = await trainRecommender({
        ...{ device, model, split: data.split, epochs, seed, seen, ...COURSE, signal, pause, onEvent },
        reopen: async () => (now = await this.#connection.reopen()),
        onCompile: (made, of) => this.#emit({ kind: 'progress', phase: 'compile', share: made / of }),
        onProgress: (made, of) => {
          tell(made, of);
          if (!begun) this.#training.set('training');
          begun = true;
        },
      });
      const scores = await this.#judge(model, data, seen, now);
      const bytes = await saveRecommender(now, model, data.items);
      const known = data.split.test.map(({ before: own }) => own);
      await this.#replace({ bytes, histories: known });
      const run = this.#training.run!;
      this.#training.run = { ...run, step, best, scores };
      return reason !== 'aborted';
    } catch (error) {
      this.#training.run = before;
      throw error;
    }
  }

  async #judge(
    model: SASRec,
    { split, items }: ItemData,
    seen: 'out' | 'again',
    device: Advisor['device'],
  ): Promise<Scores> {
    using recommender = new Recommender(device, model);
    const known = split.test.map(({ before }) => before);
    const asked = { k: K, seen } as const;
    const { hitRate, ndcg, cases } = await recommender.judge(split.test, asked);
    const of = (scorer: Popularity | MarkovChain) => {
      const judged = judgeScorer(scorer, split.test, asked);
      return { hitRate: judged.hitRate, ndcg: judged.ndcg };
    };
    const popularity = of(new Popularity(known, items.length));
    const markov = of(new MarkovChain(known, items.length));
    return { k: K, cases, model: { hitRate, ndcg }, popularity, markov };
  }

  async #take(kept: Kept, run: Omit<NextRun, 'items' | 'parameters' | 'vocabulary'>): Promise<void> {
    await this.#training.turns.run(async () => {
      const advisor = await Advisor.open(await this.#lifeline.open(), kept);
      const { items, model } = advisor.opened;
      await this.#replace(kept, advisor);
      const sizes = { vocabulary: items.length, parameters: countParameters(model) };
      this.#training.run = { ...run, items, ...sizes };
      this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
      this.#training.set('finished');
    });
  }

  /** In its turn among answers. */
  #replace(kept: Kept, advisor: Advisor | null = null): Promise<void> {
    return this.#answers.run(() => {
      this.#advisor?.[Symbol.dispose]();
      [this.#kept, this.#advisor] = [kept, advisor];
      return Promise.resolve();
    });
  }
}
