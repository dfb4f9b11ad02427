import { element, setText } from './dom';
import { Roving } from './roving';

/** Bits of surprise at which a token is darkest. */
const DARKEST = 10;

/** A token as the text has it. */
export interface ShadedToken {
  readonly text: string;
  /** How probable the model found it where it stands; null where that is not known. */
  readonly probability: number | null;
  /** Further classes, by what is to be told of it. */
  readonly kind?: string;
}

/** Tokens side by side as the text has them: the darker, the less the model expected them. */
export class ShadedTokens {
  onChoose: (at: number) => void = () => undefined;
  readonly #host: HTMLElement;
  readonly #roving: Roving;
  #chosen = -1;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#roving = new Roving(host);
    host.addEventListener('click', ({ target }) => {
      const at = [...host.children].indexOf(target as Element);
      if (at >= 0 && target instanceof HTMLButtonElement) this.onChoose(at);
    });
  }

  /** `describe`: of a token whose probability is known, for pointers and screen readers. Elements that can stay do, and their focus. */
  draw<Token extends ShadedToken>(tokens: readonly Token[], describe: (token: Token) => string): void {
    this.choose(-1);
    const { children } = this.#host;
    tokens.forEach((token, at) => {
      const tag = token.probability === null ? 'SPAN' : 'BUTTON';
      const found = children[at] as HTMLElement | undefined;
      if (found?.tagName === tag) return this.#write(found, token, describe);
      const made = tag === 'SPAN' ? element('span') : element('button', { type: 'button' });
      this.#write(made, token, describe);
      if (found) found.replaceWith(made);
      else this.#host.append(made);
    });
    while (children.length > tokens.length) children[tokens.length].remove();
    this.#breakLines(tokens);
    this.#roving.refresh();
  }

  choose(at: number): void {
    this.#host.children[this.#chosen]?.removeAttribute('aria-current');
    this.#host.children[at]?.setAttribute('aria-current', 'true');
    this.#chosen = at;
  }

  /** A line break within a button does not end the line that the button stands in: one follows it. */
  #breakLines(tokens: readonly ShadedToken[]): void {
    for (const node of [...this.#host.childNodes]) if (node instanceof Text) node.remove();
    [...this.#host.children].forEach((child, at) => {
      if (child.tagName === 'BUTTON' && tokens[at].text.endsWith('\n')) child.after('\n');
    });
  }

  #write<Token extends ShadedToken>(
    host: HTMLElement,
    token: Token,
    describe: (token: Token) => string,
  ): void {
    const { text, probability, kind } = token;
    setText(host, text.replace(/\n/g, '⏎\n'));
    host.className = kind ? `token ${kind}` : 'token';
    if (probability === null) return;
    const title = describe(token);
    host.title = title;
    host.setAttribute('aria-label', title);
    const surprise = Math.min(1, -Math.log2(Math.max(probability, 1e-9)) / DARKEST);
    host.style.setProperty('--share', surprise.toFixed(3)); // an attribute would break the page's policy
  }
}
