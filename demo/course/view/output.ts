import { choices, likeliest, sharesOf, type Likely } from '../../session/likeliest';
import { finder, setText } from '../../view/dom';
import { spaced } from '../../view/heads-view';
import { fixed } from '../../view/numbers';
import { ProbabilityBars } from '../../view/probability-bars';
import { Sliders } from '../../view/sliders';
import type { CourseStrings } from '../english';
import type { Scene } from './scene';

const SLIDERS = [{ id: 'heat', min: 0.1, max: 2, step: 0.1, value: 1 }] as const;
const BARS = 10;

/** Chapter 8: what may follow the text, at a temperature; a bar that is pressed is written. */
export class OutputView {
  /** The text of the token that is to be written. */
  onWrite: (token: string) => void = () => undefined;
  readonly #byId = finder();
  readonly #sliders = new Sliders(this.#byId('heat'), SLIDERS);
  readonly #bars = new ProbabilityBars(this.#byId('output'), BARS);
  #scene: Scene | null = null;
  #strings: CourseStrings | null = null;
  #shown: readonly Likely[] = [];

  constructor() {
    this.#sliders.onInput = () => this.#draw();
    this.#bars.onChoose = (_, row) => this.onWrite(this.#scene!.info.tokens[this.#shown[row].id]);
  }

  show(scene: Scene, strings: CourseStrings): void {
    [this.#scene, this.#strings] = [scene, strings];
    this.#draw();
  }

  #draw(): void {
    const [scene, strings] = [this.#scene, this.#strings!];
    if (!scene) return;
    this.#sliders.say({ heat: strings.temperature, off: '' });
    const { walk, info, recorded } = scene;
    const temperature = this.#sliders.value('heat');
    this.#bars.locked = recorded;
    this.#bars.describe = strings.writes;
    this.#shown = likeliest(walk.logits, BARS, { temperature });
    this.#bars.show(this.#shown.map(({ id, share }) => ({ text: spaced(info.tokens[id]), share })));
    const share = sharesOf(walk.logits, temperature);
    const open = choices(Array.from(walk.logits.keys(), share));
    setText(this.#byId('output-fact'), strings.outputFact(fixed(open, open < 10 ? 1 : 0)));
  }
}
