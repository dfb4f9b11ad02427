import { palette } from '../../view/colours';
import { element } from '../../view/dom';
import type { Layer, Maps } from '../session/protocol';

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

  /** Pictures that are empty until `show`. */
  lay(layers: readonly Layer[], name: (layer: Layer, head: number) => string): void {
    this.#maps = layers.map(() => null);
    this.#pictures = [];
    this.#host.replaceChildren(
      ...layers.map((layer, at) => {
        const pictures: HTMLCanvasElement[] = [];
        const cells = Array.from({ length: layer.heads }, (_, head) => {
          const canvas = element('canvas', { width: 1, height: 1, 'aria-hidden': 'true' });
          pictures.push(canvas);
          const input = element('input', {
            type: 'radio',
            name: 'head',
            value: `${at} ${head}`,
            'aria-label': name(layer, head),
          });
          return element('label', { title: name(layer, head) }, input, canvas);
        });
        this.#pictures.push(pictures);
        return element(
          'div',
          { class: 'layer' },
          element('span', { class: 'name' }, String(at + 1)),
          ...cells,
        );
      }),
    );
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

  #paint(layer: number): void {
    const maps = this.#maps[layer];
    if (!maps) return;
    const { colour } = palette('sequential', [0, 1]);
    const { rows, columns, probabilities } = maps;
    this.#pictures[layer].forEach((canvas, head) => {
      [canvas.width, canvas.height] = [columns, rows];
      const context = canvas.getContext('2d')!;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          // The square root: small shares are seen, too.
          context.fillStyle = colour(Math.sqrt(probabilities[(head * rows + row) * columns + column]));
          context.fillRect(column, row, 1, 1);
        }
      }
    });
  }
}
