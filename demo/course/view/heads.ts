import { finder, setText } from '../../view/dom';
import { HeadsView, spaced, type HeadsLayer } from '../../view/heads-view';
import { percent } from '../../view/numbers';
import { TokenStrip } from '../../view/token-strip';
import type { CourseStrings } from '../english';
import type { Scene } from './scene';

/** Chapter 6: all heads small, one large, its arcs, and its habit in numbers. */
export class HeadsChapter {
  onHead: (layer: number, head: number) => void = () => undefined;
  onToken: (at: number) => void = () => undefined;
  readonly #byId = finder();
  readonly #arcs = new TokenStrip(this.#byId('arcs'));
  readonly #heads: HeadsView;

  constructor(strings: CourseStrings) {
    this.#heads = new HeadsView(strings);
    this.#heads.onChoose = () => {
      const { layer, head } = this.#heads.chosen;
      this.onHead(layer, head);
    };
    this.#heads.onRow = (row) => this.onToken(row);
    this.#arcs.onChoose = (at) => this.onToken(at);
  }

  show({ walk, texts, at, layer, head }: Scene, strings: CourseStrings): void {
    const spacedTexts = texts.map(spaced);
    const layers = walk.maps.map(({ heads }, i): HeadsLayer => {
      return { name: strings.layerOf(i + 1), heads, rows: spacedTexts, columns: spacedTexts };
    });
    this.#heads.lay(layers);
    this.#heads.choose(layer, head);
    walk.maps.forEach((maps, i) => this.#heads.show(i, maps));
    this.#heads.say(strings, layers);
    this.#heads.mark(at);
    this.#arcs.describe = (token, from) =>
      strings.reads(token, from.map(({ token, share }) => `“${token}” ${percent(share)}`).join(', '));
    const { probabilities } = this.#heads.shown!;
    this.#arcs.show(texts, probabilities);
    this.#arcs.choose(at);
    const habits = habitsOf(probabilities, texts.length);
    setText(
      this.#byId('heads-fact'),
      habits ? strings.headsFact(percent(habits.itself), percent(habits.before), percent(habits.first)) : '',
    );
  }
}

/** Mean shares of a map (T, T), over tokens that have two before them; null where there is none. */
function habitsOf(map: Float32Array, T: number): Record<'itself' | 'before' | 'first', number> | null {
  if (T < 3) return null;
  const mean = (of: (t: number) => number): number => {
    let sum = 0;
    for (let t = 2; t < T; t++) sum += map[t * T + of(t)];
    return sum / (T - 2);
  };
  return { itself: mean((t) => t), before: mean((t) => t - 1), first: mean(() => 0) };
}
