import { finder, element, setText } from '../../view/dom';
import {
  SCHEMES,
  type AxisName,
  type Encoding,
  type EncodingControl,
  type EncodingOptions,
  type Scheme,
  type SchemeName,
} from '../encodings';
import type { LaboratoryStrings } from '../english';
import type { Axis } from '../../view/cells';
import { HeatMap, type Cell } from '../../view/heat-map';
import { drawLegend } from '../../view/legend';
import { plain } from '../../view/numbers';
import { Segments } from '../../view/segments';

interface Knob {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly name: 'lengthLabel' | 'widthLabel' | 'headsLabel' | 'headLabel';
}

const KNOBS: Readonly<Record<'length' | 'width' | 'heads' | 'head', Knob>> = {
  length: { min: 16, max: 128, step: 8, value: 64, name: 'lengthLabel' },
  width: { min: 8, max: 128, step: 8, value: 64, name: 'widthLabel' },
  heads: { min: 1, max: 16, step: 1, value: 8, name: 'headsLabel' },
  head: { min: 1, max: 16, step: 1, value: 1, name: 'headLabel' },
};
type KnobName = keyof typeof KNOBS;
/** Labels along an axis, about. */
const LABELS = 8;

/** Six position encodings as one heat map, with the value and the formula of what one points at. */
export class PositionsPanel {
  readonly #byId = finder();
  readonly #map = new HeatMap(this.#byId('encoding'), { smallest: 2, largest: 200, square: false });
  readonly #schemes = new Segments(this.#byId('schemes'), 'scheme', () => this.#chooseScheme());
  readonly #views = new Segments(this.#byId('views'), 'view', () => this.#draw());
  readonly #inputs = new Map<KnobName, HTMLInputElement>();
  readonly #both = element('input', { type: 'checkbox', id: 'bidirectional', checked: true });
  readonly #bothName = element('span');
  #strings: LaboratoryStrings;
  #encoding: Encoding | null = null;
  #point: Cell | null = null;

  constructor(strings: LaboratoryStrings) {
    this.#strings = strings;
    this.#byId('knobs').append(
      ...(Object.keys(KNOBS) as KnobName[]).map((name) => this.#knob(name)),
      element('label', { class: 'tick', 'data-knob': 'bidirectional' }, this.#both, this.#bothName),
    );
    this.#both.addEventListener('change', () => this.#draw());
    this.#map.onPoint = (cell) => this.#read(cell);
  }

  say(strings: LaboratoryStrings): void {
    this.#strings = strings;
    this.#schemes.offer((Object.keys(SCHEMES) as SchemeName[]).map((id) => [id, strings.schemes[id]]));
    for (const [name, input] of this.#inputs) {
      setText(input.parentElement!.querySelector('.name')!, strings[KNOBS[name].name]);
    }
    setText(this.#bothName, strings.bidirectional);
    this.#chooseScheme();
  }

  get #scheme(): Scheme {
    return SCHEMES[this.#schemes.chosen as SchemeName];
  }

  #chooseScheme(): void {
    const { controls, views } = this.#scheme;
    this.#views.offer(Object.keys(views).map((id) => [id, this.#strings.views[id]]));
    this.#byId('views').hidden = Object.keys(views).length === 1;
    for (const knob of this.#byId('knobs').children) {
      const name = (knob as HTMLElement).dataset.knob!;
      (knob as HTMLElement).hidden = name !== 'length' && !controls.includes(name as EncodingControl);
    }
    this.#draw();
  }

  get #options(): EncodingOptions {
    const value = (name: KnobName): number => Number(this.#inputs.get(name)!.value);
    const heads = value('heads');
    const head = this.#inputs.get('head')!;
    head.max = String(heads); // the browser lowers a value that is above
    return {
      length: value('length'),
      width: value('width'),
      heads,
      head: Number(head.value) - 1,
      bidirectional: this.#both.checked,
    };
  }

  #draw(): void {
    const strings = this.#strings;
    const view = this.#views.chosen;
    const options = this.#options;
    for (const [, input] of this.#inputs) {
      setText(input.parentElement!.querySelector('output')!, input.value);
    }
    const encoding = this.#scheme.views[view](options);
    this.#encoding = encoding;
    const { rows, columns, values } = encoding;
    const name = `${strings.schemes[this.#schemes.chosen as SchemeName]}, ${strings.views[view]}`;
    this.#map.draw({
      ...encoding,
      value: (row, column) => values[row * columns + column],
      rowAxis: axis(strings, encoding.rowAxis, rows, (row) => numberOf(encoding, row)),
      columnAxis: axis(strings, encoding.columnAxis, columns, (column) => column),
      label: strings.heatMapName(name, rows, columns),
    });
    this.#map.mark({ row: encoding.marked });
    setText(this.#byId('about'), strings.about[`${this.#schemes.chosen}.${view}`]);
    drawLegend(this.#byId('encoding-legend'), encoding.palette, encoding.range);
    this.#read(this.#point);
  }

  #read(cell: Cell | null): void {
    this.#point = cell;
    const encoding = this.#encoding;
    const strings = this.#strings;
    const readout = this.#byId('encoding-readout');
    if (!cell || !encoding || cell.row >= encoding.rows || cell.column >= encoding.columns) {
      readout.classList.add('idle');
      return setText(readout, strings.pointHint);
    }
    readout.classList.remove('idle');
    const { row, column } = cell;
    const where =
      `${strings.axes[encoding.rowAxis]} ${numberOf(encoding, row)}, ` +
      `${strings.axes[encoding.columnAxis]} ${column}`;
    const what = encoding.masked?.(row, column)
      ? strings.outOfSight
      : `${encoding.formula(row, column)} = ${plain(encoding.values[row * encoding.columns + column])}`;
    setText(readout, `${where}: ${what}`);
  }

  #knob(name: KnobName): HTMLElement {
    const { min, max, step, value } = KNOBS[name];
    const input = element('input', { type: 'range', id: `knob-${name}`, min, max, step, value });
    this.#inputs.set(name, input);
    input.addEventListener('input', () => this.#draw());
    return element(
      'div',
      { class: 'slider', 'data-knob': name },
      element('label', { class: 'name', for: input.id }),
      element('output', { for: input.id }),
      input,
    );
  }

  repaint(): void {
    this.#map.repaint();
  }
}

/** What a row stands for: itself, a head from 1, or a distance that falls. */
function numberOf({ from, rowAxis }: Encoding, row: number): number {
  if (from !== undefined) return from - row;
  return rowAxis === 'head' ? row + 1 : row;
}

function axis(
  strings: LaboratoryStrings,
  name: AxisName,
  size: number,
  numberAt: (index: number) => number,
): Axis {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(size / LABELS)));
  const labels = Array.from({ length: size }, (_, i) => {
    const number = numberAt(i);
    return number % step === 0 ? String(number) : '';
  });
  return { title: strings.axes[name], labels };
}
