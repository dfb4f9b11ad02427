import { element } from '../../view/dom';
import type { SeenToken } from '../session/protocol';

/** Bits of surprise at which a token is darkest. */
const DARKEST = 10;

/** Tokens side by side as the text has them: the darker, the less the model expected them. */
export class ShadedTokens {
  onChoose: (at: number) => void = () => undefined;
  readonly #host: HTMLElement;
  #chosen = -1;

  constructor(host: HTMLElement) {
    this.#host = host;
    host.addEventListener('click', ({ target }) => {
      const at = [...host.children].indexOf(target as Element);
      if (at >= 0 && target instanceof HTMLButtonElement) this.onChoose(at);
    });
  }

  /** `describe`: of a token whose probability is known, for pointers and screen readers. */
  draw(tokens: readonly SeenToken[], describe: (token: SeenToken) => string): void {
    this.#chosen = -1;
    this.#host.replaceChildren(
      ...tokens.map((token) => {
        const { text, probability } = token;
        const shown = text.replace(/\n/g, '⏎\n');
        if (probability === null) return element('span', { class: 'token' }, shown);
        const title = describe(token);
        const button = element(
          'button',
          { type: 'button', class: 'token', title, 'aria-label': title },
          shown,
        );
        const surprise = Math.min(1, -Math.log2(Math.max(probability, 1e-9)) / DARKEST);
        button.style.setProperty('--share', surprise.toFixed(3)); // an attribute would break the page's policy
        return button;
      }),
    );
  }

  choose(at: number): void {
    this.#host.children[this.#chosen]?.removeAttribute('aria-current');
    this.#host.children[at]?.setAttribute('aria-current', 'true');
    this.#chosen = at;
  }
}
