import type { WriterReading } from './session/protocol';

/** Readings of one text that are kept, and bytes of them; of more, every second of the older ones goes. */
const MOST = 40;
const MOST_BYTES = 64 << 20;

/** How a model that learns read one text, over its steps: the last reading is how it reads now. */
export class Readings {
  #all: WriterReading[] = [];
  /** Which one is on view; null: the last. */
  #at: number | null = null;

  get count(): number {
    return this.#all.length;
  }

  get at(): number {
    return this.#at ?? this.#all.length - 1;
  }

  /** The last one is on view, and so are those that come. */
  get live(): boolean {
    return this.#at === null;
  }

  get shown(): WriterReading | null {
    return this.#all[this.at] ?? null;
  }

  /** Of another text or another model than before: those go. */
  add(reading: WriterReading): void {
    const last = this.#all.at(-1);
    const same =
      last?.number === reading.number &&
      last.ids.length === reading.ids.length &&
      last.ids.every((id, i) => id === reading.ids[i]);
    if (!same) this.clear();
    if (same && last.step === reading.step) this.#all.pop();
    this.#all.push(reading);
    const most = Math.min(MOST, Math.max(2, Math.floor(MOST_BYTES / bytesOf(reading))));
    if (this.#all.length <= most) return;
    const shown = this.#at === null ? null : this.#all[this.#at];
    const half = Math.ceil(most / 2);
    this.#all = this.#all.filter((one, i) => i >= half || i % 2 === 0 || one === shown);
    if (shown) this.#at = this.#all.indexOf(shown);
  }

  look(at: number): void {
    this.#at = at >= this.#all.length - 1 ? null : at;
  }

  clear(): void {
    this.#all = [];
    this.#at = null;
  }
}

const bytesOf = ({ logits, maps }: WriterReading): number =>
  maps.reduce((sum, { probabilities }) => sum + probabilities.byteLength, logits.byteLength);
