import type { Maps } from '../session/maps';
import { palette } from './colours';
import { element } from './dom';

/** All heads of all layers at a glance: a small picture each, of which one is chosen. */
export class HeadsGrid {
  onChoose: (layer: number, head: number) => void = () => undefined;
  readonly #host: HTMLElement;
  #pictures: HTMLCanvasElement[][] = [];
  #maps: (Maps | null)[] = [];

  constructor(host: HTMLElement) {
    this.#host = host;
    host.addEventListener('change', ({ target }) => {
      const [layer, head] = (target as HTMLInputElement).value.split(' ').map(Number);
      this.onChoose(layer, head);
    });
  }

  /** `heads` of each layer. Pictures are empty until `show`; where there are as many already, these stay, and their focus. */
  lay(heads: readonly number[], name: (layer: number, head: number) => string): void {
    const same =
      heads.length === this.#pictures.length && heads.every((n, i) => n === this.#pictures[i].length);
    if (!same) this.#make(heads);
    for (const label of this.#host.querySelectorAll('label')) {
      const input = label.querySelector('input')!;
      const [layer, head] = input.value.split(' ').map(Number);
      label.title = name(layer, head);
      input.setAttribute('aria-label', label.title);
    }
  }

  choose(layer: number, head: number): void {
    const input = this.#host.querySelector<HTMLInputElement>(`input[value="${layer} ${head}"]`);
    if (input) input.checked = true;
  }

  show(layer: number, maps: Maps): void {
    this.#maps[layer] = maps;
    this.#paint(layer);
  }

  /** Colours come from the style sheet. */
  repaint(): void {
    this.#maps.forEach((_, layer) => this.#paint(layer));
  }

  #make(heads: readonly number[]): void {
    this.#maps = heads.map(() => null);
    this.#pictures = [];
    this.#host.replaceChildren(
      ...heads.map((count, layer) => {
        const pictures: HTMLCanvasElement[] = [];
        const cells = Array.from({ length: count }, (_, head) => {
          const canvas = element('canvas', { width: 1, height: 1, 'aria-hidden': 'true' });
          pictures.push(canvas);
          const input = element('input', { type: 'radio', name: 'head', value: `${layer} ${head}` });
          return element('label', {}, input, canvas);
        });
        this.#pictures.push(pictures);
        const number = element('span', { class: 'name' }, String(layer + 1));
        return element('div', { class: 'layer' }, number, ...cells);
      }),
    );
  }

  #paint(layer: number): void {
    const maps = this.#maps[layer];
    if (!maps) return;
    const { rows, columns, probabilities } = maps;
    const size = rows * columns;
    const colours = levels();
    this.#pictures[layer].forEach((canvas, head) => {
      [canvas.width, canvas.height] = [columns, rows];
      const context = canvas.getContext('2d')!;
      const image = context.createImageData(columns, rows);
      const pixels = new Uint32Array(image.data.buffer);
      for (let i = 0; i < size; i++) {
        // The square root: small shares are seen, too.
        const level = Math.round((LEVELS - 1) * Math.sqrt(probabilities[head * size + i]));
        pixels[i] = colours[Math.min(LEVELS - 1, level)];
      }
      context.putImageData(image, 0, 0);
    });
  }
}

const LEVELS = 129;

/** Colours of shares, from 0 to 1 in even steps, as pixels: whole pictures are quicker than their cells. */
function levels(): Uint32Array {
  const { colour } = palette('sequential', [0, 1]);
  const bytes = Array.from({ length: LEVELS }, (_, level) => {
    const hex = parseInt(colour(level / (LEVELS - 1)).slice(1), 16);
    return [hex >> 16, (hex >> 8) & 255, hex & 255, 255];
  });
  return new Uint32Array(Uint8Array.from(bytes.flat()).buffer); // in whichever order this machine has bytes
}
