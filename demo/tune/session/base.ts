/** A base that stands on the device, with its adapter: what both write, and how likely they find a text. */
import {
  Graph,
  nextToken,
  throwIfAborted,
  type Adapter,
  type Device,
  type TrainableModel,
} from '../../../engine/index';
import { modulesOf } from '../../../models/adapters/modules';
import { WRITING, type TextSplit } from '../../../models/adapters/tuning';
import { openFor, type OpenedFor } from '../../../models/finetune/index';
import type { CausalLM, ModelFolder, Pretrained } from '../../../models/index';
import { PERFORMERS, type Performer } from '../../bring/session/performers';
import type { Storage } from '../../bring/session/protocol';
import type { Writing } from './protocol';

export interface BaseOptions {
  readonly device: Device;
  readonly storage: Storage;
  readonly signal: AbortSignal;
  readonly onWeights: (done: number, total: number) => void;
}

export class Base implements Disposable {
  readonly device: Device;
  readonly opened: OpenedFor;
  readonly loaded: Pretrained<CausalLM>;
  /** Bytes that learning all weights takes, by the sizes of batches. */
  readonly full = new Map<string, number>();
  #adapter: Adapter | null = null;
  /** Made of the model as it is now: other adapters, other plans. */
  #performer: Performer | null = null;

  private constructor(device: Device, opened: OpenedFor) {
    [this.device, this.opened] = [device, opened];
    this.loaded = opened.loaded as Pretrained<CausalLM>;
  }

  /** Throws as `openFor`; nothing is left on the device then. */
  static async open(folder: ModelFolder, { device, storage, signal, onWeights }: BaseOptions): Promise<Base> {
    const opened = await openFor(folder, WRITING, { device, storage, signal, onProgress: onWeights });
    return new Base(device, opened);
  }

  get model(): TrainableModel & CausalLM {
    return this.loaded.model;
  }

  get adapter(): Adapter | null {
    return this.#adapter;
  }

  /**
   * Puts an adapter in place of the one that is there, once `ready` has done with it what it needs. What fails leaves the model with the
   * adapter that it had.
   */
  async adapt<T>(
    make: (loaded: Pretrained<CausalLM>) => Promise<Adapter>,
    ready: (adapter: Adapter) => Promise<T>,
  ): Promise<T> {
    const before = this.#adapter;
    const wasInUse = before?.enabled ?? false;
    this.use(false);
    this.#changed();
    let adapter: Adapter | null = null;
    try {
      adapter = await make(this.loaded);
      this.#adapter = adapter;
      const result = await ready(adapter);
      before?.[Symbol.dispose]();
      return result;
    } catch (error) {
      this.#changed();
      adapter?.[Symbol.dispose]();
      this.#adapter = before;
      if (wasInUse) before!.enable();
      throw error;
    }
  }

  /** Rows that its adapter puts before those of a text: of keys and values, or virtual tokens. */
  get prefixRows(): number {
    const places = this.#adapter?.places ?? [];
    const rowsOf = (place: (typeof places)[number]): number => {
      if ('rows' in place) return place.rows.rows;
      return 'prompt' in place ? place.prompt.rows : 0;
    };
    return places.reduce((most, place) => Math.max(most, rowsOf(place)), 0);
  }

  /** The adapter goes: the base is as it was. */
  forget(): void {
    this.#changed();
    this.#adapter?.[Symbol.dispose]();
    this.#adapter = null;
  }

  /** Has the model compute with the adapter, or without it. */
  use(on: boolean): void {
    const adapter = this.#adapter;
    if (!adapter || adapter.enabled === on) return;
    this.#changed();
    if (on) adapter.enable();
    else adapter.disable();
  }

  /** Does something with the base alone. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#adapter?.enabled) return work();
    this.use(false);
    try {
      return await work();
    } finally {
      this.use(true);
    }
  }

  /** Ends of names of the linear layers within its layers, as Transformers has them. */
  get targets(): readonly string[] {
    const { linear } = modulesOf(this.loaded, false);
    const names = [...linear.values()].filter(({ place }) => place !== null).map(({ name }) => name);
    const within = names.filter((name) => LAYER.test(name)).map((name) => name.replace(LAYER, ''));
    return [...new Set(within)];
  }

  /** Mean loss of held-out batches in nats a token, of the model as it is now. */
  async loss({ size, held }: Pick<TextSplit, 'size' | 'held'>, signal: AbortSignal): Promise<number> {
    const objective = nextToken(size);
    const g = new Graph(this.device, { label: 'held out' });
    using plan = await g.compile({ loss: objective.record(g, 0, this.model, null) }, { signal });
    let [sum, labels] = [0, 0];
    for (const batch of held) {
      throwIfAborted(signal);
      const feed = objective.feed(batch);
      plan.run(feed.inputs);
      const [loss] = await plan.read('loss');
      sum += loss * feed.labels;
      labels += feed.labels;
    }
    return sum / labels;
  }

  /** How the model as it is now goes on with a prompt: all of it so far, again and again. */
  async write(
    { prompt, tokens, temperature, seed }: Writing,
    signal: AbortSignal,
    onText: (text: string) => void,
  ): Promise<string> {
    const { loaded, device } = this;
    const { tokenizer } = this.opened;
    this.#performer ??= PERFORMERS.write({ device, loaded, tokenizer });
    let text = '';
    const onPiece = (piece: string): void => onText((text += piece));
    const ask = { use: 'write', text: prompt, tokens, temperature, topP: 1, seed } as const;
    const { answer } = await this.#performer.perform(ask, { signal, onPiece });
    return 'text' in answer ? answer.text : text;
  }

  #changed(): void {
    for (const one of this.#performer?.owned ?? []) one[Symbol.dispose]();
    this.#performer = null;
  }

  [Symbol.dispose](): void {
    this.forget();
    this.opened[Symbol.dispose]();
  }
}

/** What stands before the name of a module within a layer. */
const LAYER = /^.*?\.\d+\./;
