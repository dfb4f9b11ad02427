import { element, finder, setText } from '../../view/dom';
import { spaced } from '../../view/heads-view';
import { chance, percent } from '../../view/numbers';
import type { BringStrings } from '../english';
import type { Reply, Scored } from '../session/protocol';
import { bars } from './reply-view';
import { ShadedTokens } from '../../view/shaded-tokens';

/** The last text token by token, and what else could have stood in a place of it. */
export class TokensPanel {
  /** Asked for what could stand at a place. */
  onAsk: (at: number) => Promise<readonly Scored[] | null> = () => Promise.resolve(null);
  /** Asked for what the model would have said there before each of its layers, and in the end. */
  onLayers: (at: number) => Promise<readonly (readonly Scored[])[] | null> = () => Promise.resolve(null);
  readonly #byId = finder();
  readonly #read = new ShadedTokens(this.#byId('read'));
  readonly #written = new ShadedTokens(this.#byId('written'));
  #strings: BringStrings;
  #reply: Reply | null = null;
  #instead: { readonly token: string; readonly scores: readonly Scored[] } | null = null;
  #lens: readonly (readonly Scored[])[] | null = null;

  constructor(strings: BringStrings) {
    this.#strings = strings;
    this.#read.onChoose = (at) => void this.#choose(this.#read, at);
    this.#written.onChoose = (at) => void this.#choose(this.#written, at);
  }

  show(reply: Reply | null): void {
    this.#reply = reply;
    [this.#instead, this.#lens] = [null, null];
    this.say(this.#strings);
  }

  say(strings: BringStrings): void {
    this.#strings = strings;
    const reply = this.#reply;
    this.#byId('seen').hidden = reply === null;
    if (!reply) return;
    const known = [...reply.read, ...reply.written].some(({ probability }) => probability !== null);
    setText(this.#byId('seen-intro'), known ? strings.tokensIntro : strings.tokensPlain);
    const describe = ({ text, probability }: { text: string; probability: number | null }): string =>
      strings.probability(text, percent(probability ?? 0));
    this.#read.draw(reply.read, describe);
    this.#byId('written-part').hidden = reply.written.length === 0;
    this.#written.draw(reply.written, describe);
    this.#drawInstead();
  }

  async #choose(strip: ShadedTokens, at: number): Promise<void> {
    const reply = this.#reply!;
    this.#read.choose(-1);
    this.#written.choose(-1);
    strip.choose(at);
    const scores = await this.onAsk(at);
    if (reply !== this.#reply || !scores) return;
    const { text } = (strip === this.#read ? reply.read : reply.written)[at];
    const shown = (this.#instead = { token: text, scores });
    this.#drawInstead();
    const lens = await this.onLayers(at);
    if (shown !== this.#instead) return;
    this.#lens = lens;
    this.#drawInstead();
  }

  #drawInstead(): void {
    this.#byId('instead-part').hidden = this.#instead === null;
    if (!this.#instead) return void (this.#byId('lens-part').hidden = true);
    const { token, scores } = this.#instead;
    setText(this.#byId('instead-title'), this.#strings.insteadOf(token));
    this.#byId('instead').replaceChildren(bars(scores, percent));
    this.#byId('lens-part').hidden = this.#lens === null;
    const states = this.#lens ?? [];
    const rows = states.map((guesses, i) => {
      const end = i === states.length - 1;
      const name = element(
        'th',
        { scope: 'row' },
        end ? this.#strings.lensEnd : this.#strings.lensBefore(i + 1),
      );
      return element('tr', {}, name, element('td', {}, ...guesses.map(guess)));
    });
    this.#byId('lens').replaceChildren(...rows);
  }
}

const guess = ({ label, score }: Scored): HTMLElement =>
  element('span', { class: 'guess' }, element('b', { dir: 'auto' }, spaced(label)), ` ${chance(score ?? 0)}`);
