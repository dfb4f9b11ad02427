/** Draws what was found: a grid of checks, a table of speeds, and what fits. */
import { NOISE, spreadOf } from '../../../bench/harness/noise';
import { SPEEDS, type Cell, type Fit, type Report, type Speed } from '../session/protocol';
import { SHAPES } from '../shapes';
import { element } from '../../view/dom';
import type { Format } from '../../view/format';
import type { GpuStrings } from '../english';

interface Said {
  readonly strings: GpuStrings;
  readonly format: Format;
}

const header = (names: readonly string[]): HTMLElement =>
  element('thead', {}, element('tr', {}, ...names.map((name) => element('th', { scope: 'col' }, name))));

const row = (name: string, cells: readonly HTMLElement[]): HTMLElement =>
  element('tr', {}, element('th', { scope: 'row' }, name), ...cells);

const cell = (text: string, look = ''): HTMLElement => element('td', look ? { class: look } : {}, text);

/** A column of the grid. */
type Kind = Pick<Cell, 'rung' | 'dtype' | 'own'>;
const same = (a: Kind, b: Kind): boolean => a.rung === b.rung && a.dtype === b.dtype;

export function drawRight(table: HTMLTableElement, report: Report, { strings, format }: Said): void {
  const kinds: Kind[] = [];
  for (const one of report.cells) if (!kinds.some((kind) => same(kind, one))) kinds.push(one);
  const share = (used: number | null): string => (used === null ? '–' : format.percent(used));
  const of = (found: Cell | undefined): HTMLElement => {
    if (!found) return cell('–', 'faint');
    const text = `${strings.forward} ${share(found.forward)}`;
    const whole = found.backward === null ? text : `${text}, ${strings.backward} ${share(found.backward)}`;
    return found.wrong.length > 0 ? cell(`${strings.wrong}: ${whole}`, 'bad') : cell(whole, 'good');
  };
  table.replaceChildren(
    header([
      strings.family,
      ...kinds.map(
        ({ rung, dtype, own }) => `${dtype}, ${strings.rungs[rung]}${own ? ` (${strings.own})` : ''}`,
      ),
    ]),
    element(
      'tbody',
      {},
      ...report.families.map((family) =>
        row(
          family,
          kinds.map((kind) => of(report.cells.find((one) => one.family === family && same(one, kind)))),
        ),
      ),
    ),
  );
}

/** Speeds that are noise are shown, with nothing claimed from them. */
export function drawFast(table: HTMLTableElement, speeds: readonly Speed[], { strings, format }: Said): void {
  const blank = Array.from({ length: 6 }, () => cell('–', 'faint'));
  const of = (found: Speed): HTMLElement[] => {
    const { milliseconds, low, high } = found;
    const noisy = spreadOf(found) > NOISE;
    const faint = noisy ? 'faint' : '';
    return [
      cell(found.size),
      cell(`${format.milliseconds(milliseconds)} ms`, faint),
      cell(`${format.milliseconds(low)} – ${format.milliseconds(high)} ms`, faint),
      cell(noisy ? strings.noise : `${format.whole(found.rate)} ${found.unit}`, faint),
      cell(noisy || found.share === null ? '–' : format.percent(found.share), faint),
      cell(strings.byClock[found.clock]),
    ];
  };
  table.replaceChildren(
    header([
      strings.what,
      strings.size,
      strings.time,
      strings.spread,
      strings.rate,
      strings.ofPeak,
      strings.clock,
    ]),
    element(
      'tbody',
      {},
      ...SPEEDS.map((name) => {
        const found = speeds.find((one) => one.name === name);
        return row(
          strings.speeds[name],
          found ? of(found) : blank.map((one) => one.cloneNode(true) as HTMLElement),
        );
      }),
    ),
  );
}

/** Bytes that are needed, green where they are there; null memory: nobody knows. */
export function drawFits(
  table: HTMLTableElement,
  fits: readonly Fit[],
  memory: number | null,
  { strings, format }: Said,
): void {
  const need = (bytes: number | null): HTMLElement => {
    if (bytes === null) return cell(strings.cannot, 'faint');
    if (memory === null) return cell(format.gibibytes(bytes));
    return cell(format.gibibytes(bytes), bytes <= memory ? 'good' : 'bad');
  };
  table.replaceChildren(
    header([strings.model, strings.weights, strings.toRun, strings.toRunPacked, strings.toTrain]),
    element(
      'tbody',
      {},
      ...SHAPES.map(([name]) => {
        const fit = fits.find((one) => one.name === name);
        if (!fit)
          return row(
            name,
            Array.from({ length: 4 }, () => cell('–', 'faint')),
          );
        const { parameters, run, packed, train, refused } = fit;
        const made = row(name, [cell(format.compact(parameters)), need(run), need(packed), need(train)]);
        if (refused) made.title = refused;
        return made;
      }),
    ),
  );
}

/** Names of the largest models that memory is enough for. */
export function largestOf(fits: readonly Fit[], memory: number): Record<'run' | 'packed' | 'train', string> {
  const largest = (need: 'run' | 'packed' | 'train'): string => {
    const fitting = fits.filter((fit) => fit[need] !== null && fit[need] <= memory);
    return (
      fitting.reduce<Fit | null>((a, b) => (a && a.parameters >= b.parameters ? a : b), null)?.name ?? ''
    );
  };
  return { run: largest('run'), packed: largest('packed'), train: largest('train') };
}
