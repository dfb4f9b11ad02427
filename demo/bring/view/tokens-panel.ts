import { finder, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import type { BringStrings } from '../english';
import type { Reply, Scored } from '../session/protocol';
import { bars } from './reply-view';
import { ShadedTokens } from '../../view/shaded-tokens';

/** The last text token by token, and what else could have stood in a place of it. */
export class TokensPanel {
  /** Asked for what could stand at a place. */
  onAsk: (at: number) => Promise<readonly Scored[] | null> = () => Promise.resolve(null);
  readonly #byId = finder();
  readonly #read = new ShadedTokens(this.#byId('read'));
  readonly #written = new ShadedTokens(this.#byId('written'));
  #strings: BringStrings;
  #reply: Reply | null = null;
  #instead: { readonly token: string; readonly scores: readonly Scored[] } | null = null;

  constructor(strings: BringStrings) {
    this.#strings = strings;
    this.#read.onChoose = (at) => void this.#choose(this.#read, at);
    this.#written.onChoose = (at) => void this.#choose(this.#written, at);
  }

  show(reply: Reply | null): void {
    this.#reply = reply;
    this.#instead = null;
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
    this.#instead = { token: text, scores };
    this.#drawInstead();
  }

  #drawInstead(): void {
    this.#byId('instead-part').hidden = this.#instead === null;
    if (!this.#instead) return;
    const { token, scores } = this.#instead;
    setText(this.#byId('instead-title'), this.#strings.insteadOf(token));
    this.#byId('instead').replaceChildren(bars(scores, percent));
  }
}
