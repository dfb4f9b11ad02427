import { finder, setText } from '../../view/dom';
import { HeadsView, spaced, type HeadsLayer } from '../../view/heads-view';
import type { BringStrings } from '../english';
import type { Layer, Maps, Reply } from '../session/protocol';

/** Tokens of a side at most: more are no pictures any more. */
const MOST = 160;

/** What the model attended to in the last text: every head small, one of them large. */
export class AttentionPanel {
  readonly #byId = finder();
  readonly #heads: HeadsView;
  #strings: BringStrings;
  #reply: Reply | null = null;
  #turn = 0;

  constructor(strings: BringStrings) {
    this.#strings = strings;
    this.#heads = new HeadsView(strings);
    this.clear();
  }

  clear(): void {
    this.#turn++;
    this.#reply = null;
    this.#arrange();
  }

  /** `maps` brings one layer after the other. */
  async show(reply: Reply, maps: (layer: number) => Promise<Maps | null>): Promise<void> {
    const turn = ++this.#turn;
    this.#reply = reply;
    this.#arrange();
    if (this.#long || reply.layers.length === 0) return;
    this.#heads.lay(this.#layers);
    for (const at of reply.layers.keys()) {
      const found = await maps(at);
      if (turn !== this.#turn) return;
      if (found) this.#heads.show(at, found);
    }
  }

  say(strings: BringStrings): void {
    this.#strings = strings;
    this.#arrange();
    this.#heads.say(strings, this.#layers);
  }

  get #long(): boolean {
    return this.#reply !== null && Math.max(this.#reply.read.length, this.#reply.written.length) > MOST;
  }

  #arrange(): void {
    const shown = this.#reply !== null && !this.#long && this.#reply.layers.length > 0;
    this.#byId('looking').hidden = !shown;
    this.#byId('attention-intro').hidden = !shown;
    const empty = this.#byId('attention-empty');
    empty.hidden = shown;
    setText(empty, this.#long ? this.#strings.attentionLong(MOST) : this.#strings.attentionEmpty);
  }

  get #layers(): HeadsLayer[] {
    const reply = this.#reply;
    if (!reply || this.#long) return [];
    const tokens = (side: 'read' | 'written'): string[] => reply[side].map(({ text }) => spaced(text));
    const sides = { read: tokens('read'), written: tokens('written') };
    return reply.layers.map((layer) => {
      const { heads, rows, columns } = layer;
      return { name: this.#name(layer), heads, rows: sides[rows], columns: sides[columns] };
    });
  }

  /** Of 'decoder.layers.3.crossAttention' the number, and of which stack it is where a model has two. */
  #name({ label }: Layer): string {
    const [, stack, number, kind] = /^(?:(\w+)\.)?layers\.(\d+)\.(\w+)/.exec(label) ?? [];
    if (number === undefined) return label;
    const parts = [stack === 'stack' ? '' : stack, kind === 'attention' ? '' : kind];
    return this.#strings.layerOf(Number(number) + 1, parts.filter(Boolean).join(' '));
  }
}
