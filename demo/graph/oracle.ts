/** What the network says of the graph on view, and of it without one of its ties: asked again as either of them changes, and never twice at once. */
import { askedOf } from './net/asked';
import { uncut, type Net } from './net/net';
import type { RecordedNet } from './recording';
import type { Asked, Looked } from './session/protocol';
import type { Reading } from './view/scene';

/** Asks the network; null: there is none that could be asked. */
export type Ask = ((asked: Asked) => Promise<Looked>) | null;

export class Oracle {
  reading: Reading | null = null;
  /** By tie: the classes of all members without it. */
  readonly without = new Map<number, Float32Array>();
  readonly #onChange: () => void;
  readonly #onError: (error: Error) => void;
  #turn = 0;
  #busy = false;
  #wanted: (() => Promise<void>) | null = null;

  constructor(onChange: () => void, onError: (error: Error) => void) {
    [this.#onChange, this.#onError] = [onChange, onError];
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#turn++;
    this.reading = null;
    this.without.clear();
  }

  /** Reads the graph, then without each of these ties. `known`: ids of the members that the network was taught. */
  read(net: Net, known: readonly number[], ask: NonNullable<Ask>, ties: readonly number[]): void {
    const turn = ++this.#turn;
    this.#wanted = async () => {
      if (net.members.length === 0) return void this.#take(turn, null);
      const looked = await ask(askedOf(net, known));
      const isCut = net.ties.some(({ cut }) => cut);
      const whole = isCut && turn === this.#turn ? await ask(askedOf(uncut(net), known)) : null;
      if (!this.#take(turn, { net, looked, whole })) return;
      await this.#ask(turn, net, known, ask, ties);
    };
    void this.#go();
  }

  /** The same, of further ties of the graph that was read last. */
  also(known: readonly number[], ask: NonNullable<Ask>, ties: readonly number[]): void {
    const { reading } = this;
    const missing = ties.filter((tie) => !this.without.has(tie));
    if (!reading || missing.length === 0 || this.#wanted) return;
    const turn = this.#turn;
    this.#wanted = () => this.#ask(turn, reading.net, known, ask, missing);
    void this.#go();
  }

  /** From a recording, where no tie or one is cut. */
  replay({ looked, without }: RecordedNet, net: Net): void {
    this.#turn++;
    this.without.clear();
    const cut = net.ties.findIndex((tie) => tie.cut);
    const whole = uncut(net);
    // The attention is that with all ties: no other one was recorded.
    this.reading =
      cut < 0
        ? { net, looked, whole: null }
        : { net: whole, looked: { ...looked, shares: without[cut] }, whole: looked };
    if (cut < 0) without.forEach((shares, tie) => this.without.set(tie, shares));
    this.#onChange();
  }

  /** False: another reading was asked for meanwhile. */
  #take(turn: number, reading: Reading | null): boolean {
    if (turn !== this.#turn) return false;
    this.without.clear();
    this.reading = reading;
    this.#onChange();
    return true;
  }

  async #ask(
    turn: number,
    net: Net,
    known: readonly number[],
    ask: NonNullable<Ask>,
    ties: readonly number[],
  ): Promise<void> {
    for (const tie of ties) {
      if (turn !== this.#turn || this.#wanted) return;
      if (net.ties[tie].cut || this.without.has(tie)) continue;
      const { shares } = await ask(askedOf(net, known, tie));
      if (turn !== this.#turn) return;
      this.without.set(tie, shares);
      this.#onChange();
    }
  }

  async #go(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#wanted) {
      const work = this.#wanted;
      this.#wanted = null;
      try {
        await work();
      } catch (error) {
        this.#onError(error as Error);
      }
    }
    this.#busy = false;
  }
}
