import { part, type Maps } from '../../session/maps';
import { finder } from '../../view/dom';
import { HeadsView, spaced, type HeadsLayer } from '../../view/heads-view';
import { percent } from '../../view/numbers';
import { TokenStrip } from '../../view/token-strip';
import type { WriteStrings } from '../english';
import type { WriterReading } from '../session/protocol';

/** Tokens of a side at most: more are no pictures any more. Of a longer text, the last ones. */
const MOST = 128;

/** What every head attended to in the text, with arcs over its tokens of the head that is large. */
export class AttentionView {
  /** A token was chosen, by its place in the whole text. */
  onChoose: (at: number) => unknown = () => undefined;
  onHead: () => unknown = () => undefined;
  readonly #byId = finder();
  readonly #arcs = new TokenStrip(this.#byId('arcs'));
  readonly #heads: HeadsView;
  #strings: WriteStrings;
  /** Of the tokens that are drawn. */
  #texts: readonly string[] = [];
  #maps: readonly Maps[] = [];
  /** Place of the first of them in the text. */
  #from = 0;

  constructor(strings: WriteStrings) {
    this.#strings = strings;
    this.#heads = new HeadsView(strings);
    this.#heads.onChoose = () => {
      this.#drawArcs();
      this.onHead();
    };
    const choose = (at: number): unknown => this.onChoose(this.#from + at);
    this.#heads.onRow = choose;
    this.#arcs.onChoose = choose;
  }

  get head(): { readonly layer: number; readonly head: number } {
    return this.#heads.chosen;
  }

  choose(layer: number, head: number): void {
    this.#heads.choose(layer, head);
  }

  /** A reading without maps leaves the picture of the one before. `chosen`: a place in the text; null: its end. */
  show(reading: WriterReading, tokens: readonly string[], chosen: number | null, language: string): void {
    const { ids, maps, from } = reading;
    if (maps.length === 0) return;
    this.#byId('looking-part').hidden = false;
    this.#byId('attention-empty').hidden = true;
    const left = Math.max(0, ids.length - from - MOST);
    this.#from = from + left;
    this.#texts = [...ids.subarray(this.#from)].map((id) => tokens[id]);
    const drawn = { from: left, count: this.#texts.length };
    this.#maps = maps.map((map) => (left === 0 ? map : part(map, drawn, drawn)));
    this.#arcs.language = language;
    this.#heads.lay(this.#layers);
    this.#maps.forEach((map, layer) => this.#heads.show(layer, map));
    this.#drawArcs();
    this.mark(chosen);
  }

  /** Chooses a place in the text, which may lie before what is drawn; null: its end. */
  mark(chosen: number | null): void {
    const at = chosen === null ? null : chosen - this.#from;
    const seen = at !== null && at >= 0 && at < this.#texts.length ? at : null;
    this.#arcs.choose(seen);
    this.#heads.mark(seen ?? undefined);
  }

  say(strings: WriteStrings): void {
    this.#strings = strings;
    this.#heads.say(strings, this.#layers);
    this.#arcs.describe = (token, from) =>
      strings.reads(token, from.map(({ token, share }) => `“${token}” ${percent(share)}`).join(', '));
    this.#arcs.say();
  }

  get #layers(): HeadsLayer[] {
    const texts = this.#texts.map(spaced);
    return this.#maps.map(({ heads }, at) => {
      return { name: this.#strings.layerOf(at + 1), heads, rows: texts, columns: texts };
    });
  }

  #drawArcs(): void {
    const { shown } = this.#heads;
    if (shown) this.#arcs.show(this.#texts, shown.probabilities);
  }
}
