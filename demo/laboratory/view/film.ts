import { element, setText } from '../../view/dom';
import type { LaboratoryStrings } from '../english';
import { paintCells } from '../../view/cells';
import { heatMapOf, STEPS, type HeadView } from './head-steps';

/** Side of a thumbnail, px. */
const SIDE = 56;

/** The steps as small pictures in a row: each is a button that goes there. */
export class Film {
  readonly #buttons: HTMLButtonElement[];
  readonly #pictures: HTMLCanvasElement[];

  constructor(host: HTMLElement, onStep: (step: number) => void) {
    this.#pictures = STEPS.map(() => element('canvas', { 'aria-hidden': 'true' }));
    this.#buttons = this.#pictures.map((picture, i) => {
      const button = element('button', { type: 'button' }, picture, element('span'));
      button.addEventListener('click', () => onStep(i));
      return button;
    });
    host.append(...this.#buttons.map((button) => element('li', {}, button)));
  }

  say(strings: LaboratoryStrings): void {
    this.#buttons.forEach((button, i) => {
      setText(button.lastElementChild!, `${i + 1} ${strings.stepNames[i]}`);
    });
  }

  /** Frames the step that is on the stage. */
  mark(step: number): void {
    this.#buttons.forEach((button, i) => {
      if (i === step) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
    });
  }

  /** Without a view the pictures are empty. */
  draw(view: HeadView | null, strings: LaboratoryStrings): void {
    STEPS.forEach(({ results }, i) => {
      const picture = this.#pictures[i];
      picture.width = picture.height = Math.ceil(SIDE * devicePixelRatio);
      if (!view) return;
      const context = picture.getContext('2d')!;
      context.scale(devicePixelRatio, devicePixelRatio);
      // The fused output is the same as the one beside it.
      const stages = results.filter((stage) => stage !== 'fused');
      const share = SIDE / stages.length;
      stages.forEach((stage, k) => {
        const data = { ...heatMapOf(view, stage, strings), text: undefined };
        const width = (share - (stages.length > 1 ? 2 : 0)) / data.columns;
        paintCells(context, data, {
          left: k * share,
          top: 0,
          width,
          height: SIDE / data.rows,
          upright: false,
        });
      });
    });
  }
}
