/** What the worker does for the home page: reads a text with a small model, and tells what may come next and why. */
import { DeviceError, Graph, type Device, type Plan, type Tokenizer } from '../../../engine/index';
import { gpt2, load, loadTokenizer } from '../../../models/index';
import { Connection } from '../../session/connection';
import { servedFolder } from '../../session/fetched';
import { likeliest } from '../../session/likeliest';
import type { HomeEvent, ModelFiles, Prediction } from './protocol';

/** Tokens that are read; of a longer text the last ones. */
const LENGTH = 32;
/** Choices that are told. */
const CHOICES = 6;

interface Opened extends Disposable {
  readonly device: Device;
  readonly tokenizer: Tokenizer;
  readonly vocabulary: number;
  readonly plan: Plan;
  /** Ids that are words or marks by themselves; of words that begin with it, a letter says little. */
  readonly whole: readonly number[];
}

export class NextWord {
  readonly #emit: (event: HomeEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => this.#emit({ kind: 'recovered' }),
  );
  #opened: Promise<Opened> | null = null;
  /** Texts are read one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(emit: (event: HomeEvent) => void) {
    this.#emit = emit;
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /** What may come after this text. The model is fetched by the first call. */
  async predict(files: ModelFiles, text: string): Promise<Prediction> {
    const work = this.#last.then(() => this.#predict(files, text));
    this.#last = work.catch(() => undefined);
    return work;
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #predict(files: ModelFiles, text: string): Promise<Prediction> {
    try {
      return await read(await this.#model(files), text);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.#opened = null; // lost: once more on another device
      await this.#connection.reopen();
      return read(await this.#model(files), text);
    }
  }

  async #model(files: ModelFiles): Promise<Opened> {
    const device = await this.#connection.open();
    const opened = await this.#opened?.catch(() => null);
    if (opened?.device === device) return opened;
    this.#opened = openModel(device, files);
    return this.#opened;
  }
}

async function openModel(device: Device, files: ModelFiles): Promise<Opened> {
  const folder = servedFolder(files);
  const [loaded, tokenizer] = await Promise.all([
    load(folder, { device, families: [gpt2] }),
    loadTokenizer(folder),
  ]);
  const { model } = loaded;
  const g = new Graph(device, { label: 'next word' });
  const ids = g.input('ids', [1, LENGTH], 'u32', { below: model.config.vocabulary });
  const plan = await g.compile({ logits: model.forward(g, ids) });
  const { vocabulary } = model.config;
  const whole = Array.from({ length: vocabulary }, (_, id) => id).filter((id) =>
    /^(?: \p{L}{3,}| (?:a|I|an|as|at|be|by|do|go|he|if|in|is|it|me|my|no|of|on|or|so|to|up|us|we)|[.,;:?!]|--|")$/u.test(
      tokenizer.decode(Uint32Array.of(id)),
    ),
  );
  return {
    ...{ device, tokenizer, plan, vocabulary, whole },
    [Symbol.dispose]() {
      plan[Symbol.dispose]();
      loaded[Symbol.dispose]();
    },
  };
}

async function read({ tokenizer, plan, vocabulary, whole }: Opened, text: string): Promise<Prediction> {
  const ids = Array.from(tokenizer.encode(text, { special: false })).slice(-LENGTH);
  if (ids.length === 0) return { tokens: [], next: [], attention: new Float32Array() };
  const padded = new Uint32Array(LENGTH);
  padded.set(ids); // no position sees a later one, so what stands there does not matter
  plan.run({ ids: padded });
  const logits = await plan.read('logits');
  const row = logits.subarray((ids.length - 1) * vocabulary, ids.length * vocabulary);
  const word = (id: number): string => tokenizer.decode(Uint32Array.of(id));
  return {
    tokens: ids.map(word),
    next: likeliest(row, CHOICES, { among: whole }).map(({ id, share }) => ({ text: word(id), share })),
    attention: await meanAttention(plan, ids.length),
  };
}

/** (count, count): of all heads of all layers. */
async function meanAttention(plan: Plan, count: number): Promise<Float32Array> {
  const mean = new Float32Array(count * count);
  for (const { layer } of plan.attentions) {
    const map = await plan.attention(layer, 'mean');
    for (let row = 0; row < count; row++) {
      const shares = map.row(row);
      for (let column = 0; column <= row; column++) {
        mean[row * count + column] += shares[column] / plan.attentions.length;
      }
    }
  }
  return mean;
}
