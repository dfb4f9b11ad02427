import { element, setText } from './dom';

/** Height of the arcs above the tokens. */
const HEIGHT = 56;
/** Shares below it have no arc. */
const LEAST = 0.04;

const svg = <K extends keyof SVGElementTagNameMap>(tag: K): SVGElementTagNameMap[K] =>
  document.createElementNS('http://www.w3.org/2000/svg', tag);

/** Tokens in a row, and arcs from the one that is looked at to those that it drew on: the wider, the more. */
export class TokenStrip {
  /** The name of a token for those who do not see the arcs. */
  describe: (token: string, from: readonly { readonly token: string; readonly share: number }[]) => string = (
    token,
  ) => token;
  readonly #arcs = svg('svg');
  readonly #list = element('ol', { class: 'token-list' });
  #tokens: readonly string[] = [];
  /** (tokens, tokens), rows sum to 1. */
  #attention: Float32Array = new Float32Array();
  #chosen: number | null = null;

  constructor(host: HTMLElement) {
    host.classList.add('token-strip');
    this.#arcs.setAttribute('aria-hidden', 'true');
    this.#arcs.setAttribute('height', String(HEIGHT));
    host.append(element('div', { class: 'token-row' }, this.#arcs, this.#list));
    const choose = ({ target }: Event): void => {
      const button = (target as Element).closest('button');
      if (button) this.#look([...this.#list.children].indexOf(button.parentElement!));
    };
    this.#list.addEventListener('pointerover', choose);
    this.#list.addEventListener('focusin', choose);
    this.#list.addEventListener('click', choose);
    host.addEventListener('pointerleave', () => this.#look(null));
    new ResizeObserver(() => this.#drawArcs()).observe(this.#list);
  }

  show(tokens: readonly string[], attention: Float32Array): void {
    this.#tokens = tokens;
    this.#attention = attention;
    this.#chosen = null;
    const items = tokens.map((token) =>
      element(
        'li',
        {},
        element('button', { type: 'button', lang: 'en' }, token.trim() === '' ? '␣' : token.trim()),
      ),
    );
    this.#list.replaceChildren(...items);
    this.say();
    this.#drawArcs();
    this.#list.parentElement!.scrollLeft = this.#list.scrollWidth;
  }

  /** Changes language. */
  say(): void {
    [...this.#list.children].forEach((item, i) => {
      const button = item.firstElementChild!;
      const from = [...this.#row(i)]
        .map((share, at) => ({ token: this.#tokens[at].trim(), share }))
        .sort((a, b) => b.share - a.share)
        .slice(0, 3);
      button.setAttribute('aria-label', this.describe(this.#tokens[i].trim(), from));
      setText(button, button.textContent);
    });
  }

  /** What a token draws on: itself and those before. */
  #row(token: number): Float32Array {
    const count = this.#tokens.length;
    return this.#attention.subarray(token * count, token * count + token + 1);
  }

  #look(token: number | null): void {
    if (token === this.#chosen) return;
    this.#chosen = token;
    this.#drawArcs();
  }

  #drawArcs(): void {
    const last = this.#tokens.length - 1;
    const from = this.#chosen ?? last;
    const items = [...this.#list.children] as HTMLElement[];
    this.#arcs.setAttribute('width', String(this.#list.scrollWidth));
    items.forEach((item, i) => item.classList.toggle('from', i === from));
    const middle = (i: number): number => items[i].offsetLeft + items[i].offsetWidth / 2;
    const arcs =
      last < 0
        ? []
        : [...this.#row(from)].flatMap((share, to) => {
            if (to === from || share < LEAST) return [];
            const [a, b] = [middle(to), middle(from)];
            const rise = Math.min(HEIGHT - 6, 12 + Math.abs(b - a) * 0.3);
            const path = svg('path');
            path.setAttribute(
              'd',
              `M${a} ${HEIGHT}C${a} ${HEIGHT - rise} ${b} ${HEIGHT - rise} ${b} ${HEIGHT}`,
            );
            path.setAttribute('stroke-width', (1 + 6 * share).toFixed(2));
            path.setAttribute('opacity', Math.min(1, 0.25 + 1.5 * share).toFixed(2));
            return [path];
          });
    this.#arcs.replaceChildren(...arcs);
  }
}
