import { finder, element, setText } from '../../view/dom';
import type { LaboratoryStrings } from '../english';
import { PADDING, TOKENS, type HeadInput, type HeadResult } from '../session/protocol';
import { splitWords } from '../session/tokens';
import { Film } from './film';
import { STEPS, valueAt, type HeadView } from './head-steps';
import { error, fixed } from '../../view/numbers';
import { Stage } from './stage';

const MOST = TOKENS - PADDING;
const PAD = '∅';
const SECONDS_A_STEP = 3;

/** A sentence through one attention head: its controls, the query that one follows, and the steps. */
export class HeadPanel {
  readonly #byId = finder();
  onInput: (input: HeadInput) => void = () => undefined;
  readonly #sentence = this.#byId<HTMLInputElement>('sentence');
  readonly #film = new Film(this.#byId('film'), (step) => {
    this.#pause();
    this.#go(step);
  });
  readonly #stage = new Stage();
  #strings: LaboratoryStrings;
  #view: HeadView | null = null;
  #step = 0;
  /** The last token, which sees all others. */
  #query = TOKENS;
  #playing: ReturnType<typeof setInterval> | undefined;

  constructor(strings: LaboratoryStrings) {
    this.#strings = strings;
    this.#byId('head-form').addEventListener('submit', (event) => event.preventDefault());
    this.#byId('head-form').addEventListener('input', () => this.#changed());
    this.#byId('tokens').addEventListener('change', ({ target }) =>
      this.#follow(Number((target as HTMLInputElement).value)),
    );
    this.#stage.onQuery = (query) => this.#follow(query);
    this.#byId('previous').addEventListener('click', () => this.#move(-1));
    this.#byId('next').addEventListener('click', () => this.#move(1));
    this.#byId('play').addEventListener('click', () => this.#playOrPause());
    let width = 0;
    new ResizeObserver(() => {
      const { clientWidth } = this.#byId('stage');
      if (clientWidth !== width) this.#draw();
      width = clientWidth;
    }).observe(this.#byId('stage'));
  }

  get input(): HeadInput {
    const checked = (id: string): boolean => this.#byId<HTMLInputElement>(id).checked;
    const weights = this.#byId('head-form').querySelector<HTMLInputElement>('[name=weights]:checked')!.value;
    return {
      words: splitWords(this.#sentence.value).slice(0, MOST),
      causal: checked('causal'),
      positions: checked('add-positions'),
      weights: weights as HeadInput['weights'],
    };
  }

  /** Changes language; a sentence that a person typed stays. */
  say(strings: LaboratoryStrings): void {
    if (this.#sentence.value === this.#sentence.defaultValue) {
      this.#sentence.defaultValue = strings.sentenceDefault;
      this.#sentence.value = strings.sentenceDefault;
      this.onInput(this.input);
    }
    this.#strings = strings;
    this.#film.say(strings);
    this.#countWords();
    this.#draw();
  }

  show(input: HeadInput, result: HeadResult): void {
    // Padding has no room of its own when the sentence is empty.
    const padded = this.#byId<HTMLInputElement>('padding').checked && input.words.length > 0;
    const tokens = [...input.words, ...Array<string>(padded ? PADDING : 0).fill(PAD)];
    this.#view = tokens.length > 0 ? { input, result, tokens } : null;
    this.#query = Math.max(0, Math.min(this.#query, tokens.length - 1));
    this.#draw();
  }

  repaint(): void {
    this.#draw();
    this.#stage.repaint();
  }

  #changed(): void {
    this.#countWords();
    this.onInput(this.input);
  }

  #countWords(): void {
    const strings = this.#strings;
    const count = splitWords(this.#sentence.value).length;
    const text = count > MOST ? strings.sentenceCut(count, MOST) : strings.sentenceFacts(count, MOST);
    setText(this.#byId('sentence-facts'), count === 0 ? strings.sentenceEmpty : text);
  }

  #follow(query: number): void {
    this.#query = query;
    this.#draw();
  }

  #go(step: number): void {
    this.#step = step;
    this.#draw();
  }

  #move(by: number): void {
    this.#pause();
    this.#go(Math.min(STEPS.length - 1, Math.max(0, this.#step + by)));
  }

  #playOrPause(): void {
    if (this.#playing !== undefined) return this.#pause();
    if (this.#step === STEPS.length - 1) this.#step = -1;
    const forward = (): void => {
      this.#go(this.#step + 1);
      if (this.#step === STEPS.length - 1) this.#pause();
    };
    this.#playing = setInterval(forward, 1000 * SECONDS_A_STEP);
    forward();
  }

  #pause(): void {
    clearInterval(this.#playing);
    this.#playing = undefined;
    this.#drawButtons();
  }

  #draw(): void {
    const strings = this.#strings;
    const view = this.#view;
    this.#drawTokens();
    this.#drawButtons();
    this.#film.mark(this.#step);
    this.#film.draw(view, strings);
    this.#stage.show(view, this.#step, this.#query, strings);
    const result = view?.result;
    const fused = result && strings.fusedCheck(error(result.difference));
    setText(
      this.#byId('head-check'),
      result ? `${fused}; ${strings.headTime(fixed(result.milliseconds, 1))}` : '',
    );
    setText(this.#byId('shown-check'), result ? strings.shownCheck(error(result.shownDifference)) : '');
  }

  #drawButtons(): void {
    const playing = this.#playing !== undefined;
    setText(this.#byId('play'), playing ? this.#strings.pausePlay : this.#strings.play);
    this.#byId<HTMLButtonElement>('previous').disabled = this.#step === 0;
    this.#byId<HTMLButtonElement>('next').disabled = this.#step === STEPS.length - 1;
  }

  #drawTokens(): void {
    const host = this.#byId('tokens');
    const view = this.#view;
    const tokens = view?.tokens ?? [];
    if (host.childElementCount !== tokens.length) {
      const chip = (i: number): HTMLElement =>
        element(
          'label',
          {},
          element('input', { type: 'radio', name: 'query', value: i }),
          element('span', { class: 'word' }),
          element('small'),
        );
      host.replaceChildren(...tokens.map((_, i) => chip(i)));
    }
    tokens.forEach((token, i) => {
      const [input, word, share] = host.children[i].children;
      (input as HTMLInputElement).checked = i === this.#query;
      setText(word, token);
      const weight = valueAt(view!, 'weights', { row: this.#query, column: i });
      (host.children[i] as HTMLElement).style.setProperty('--share', weight.toFixed(4));
      setText(share, weight === 0 ? '0' : `${(100 * weight).toFixed(weight < 0.1 ? 1 : 0)} %`);
    });
    setText(this.#byId('follow-note'), view ? this.#strings.followNote(tokens[this.#query]) : '');
  }
}
