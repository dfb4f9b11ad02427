import { element, setText } from './dom';
import { Roving } from './roving';

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
  /** A token was pressed. */
  onChoose: (token: number) => void = () => undefined;
  readonly #arcs = svg('svg');
  readonly #list = element('ol', { class: 'token-list', lang: 'en' });
  readonly #roving = new Roving(this.#list);
  #tokens: readonly string[] = [];
  /** (tokens, tokens), rows sum to 1. */
  #attention: Float32Array = new Float32Array();
  /** Whose arcs are seen while nobody points at another; null: the last one's. */
  #chosen: number | null = null;
  #pointed: number | null = null;

  constructor(host: HTMLElement) {
    host.classList.add('token-strip');
    this.#arcs.setAttribute('aria-hidden', 'true');
    this.#arcs.setAttribute('height', String(HEIGHT));
    host.append(element('div', { class: 'token-row' }, this.#arcs, this.#list));
    const tokenOf = ({ target }: Event): number => {
      const button = (target as Element).closest('button');
      return button ? [...this.#list.children].indexOf(button.parentElement!) : -1;
    };
    for (const kind of ['pointerover', 'focusin', 'click']) {
      this.#list.addEventListener(kind, (event) => {
        const token = tokenOf(event);
        if (token < 0) return;
        this.#point(token);
        if (kind === 'click') this.onChoose(token);
      });
    }
    host.addEventListener('pointerleave', () => this.#point(null));
    host.addEventListener('focusout', () => this.#point(null));
    new ResizeObserver(() => this.#drawArcs()).observe(this.#list);
  }

  /** Of the tokens. Default: English. */
  set language(language: string) {
    this.#list.lang = language;
  }

  /** Elements that can stay do, and their focus. */
  show(tokens: readonly string[], attention: Float32Array): void {
    const grown = tokens.length !== this.#tokens.length;
    this.#tokens = tokens;
    this.#attention = attention;
    this.#pointed = null;
    const { children } = this.#list;
    while (children.length > tokens.length) children[tokens.length].remove();
    while (children.length < tokens.length) {
      this.#list.append(element('li', {}, element('button', { type: 'button' })));
    }
    this.#roving.refresh();
    this.say();
    this.#drawArcs();
    if (grown) this.#list.parentElement!.scrollLeft = this.#list.scrollWidth;
  }

  /** Whose arcs are seen; null: the last one's. */
  choose(token: number | null): void {
    if (token === this.#chosen) return;
    this.#bring(token ?? this.#tokens.length - 1);
    this.#chosen = token;
    this.#pointed = null;
    this.#drawArcs();
  }

  /** Changes language. */
  say(): void {
    [...this.#list.children].forEach((item, i) => {
      const button = item.firstElementChild!;
      const from = [...this.#row(i)]
        .map((share, at) => ({ token: this.#tokens[at].trim(), share }))
        .sort((a, b) => b.share - a.share)
        .slice(0, 3);
      const shown = this.#tokens[i].trim() || '␣';
      setText(button, shown);
      button.setAttribute('aria-label', this.describe(shown, from));
    });
  }

  /** Scrolls to a token, with room for those before it, which its arcs lead to. */
  #bring(token: number): void {
    const row = this.#list.parentElement!;
    const item = this.#list.children[token] as HTMLElement | undefined;
    if (item) row.scrollLeft = item.offsetLeft + item.offsetWidth - 0.8 * row.clientWidth;
  }

  /** What a token draws on: itself and those before. */
  #row(token: number): Float32Array {
    const count = this.#tokens.length;
    return this.#attention.subarray(token * count, token * count + token + 1);
  }

  #point(token: number | null): void {
    if (token === this.#pointed) return;
    this.#pointed = token;
    this.#drawArcs();
  }

  #drawArcs(): void {
    const last = this.#tokens.length - 1;
    const from = Math.min(last, this.#pointed ?? this.#chosen ?? last);
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
