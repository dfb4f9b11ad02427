/** What was found, in a sentence each; '' where nothing was. */
import type { Format } from '../../view/format';
import type { GpuStrings } from '../english';
import type { Report } from '../session/protocol';
import { largestOf } from './tables';

export function rightVerdict({ cells }: Report, strings: GpuStrings, format: Format): string {
  const own = cells.filter((cell) => cell.own);
  if (own.length === 0) return '';
  const families = (list: typeof cells): number => new Set(list.map(({ family }) => family)).size;
  const wrong = families(own.filter((cell) => cell.wrong.length > 0));
  const others = families(cells.filter((cell) => !cell.own && cell.wrong.length > 0));
  const [checked, cases] = [families(own), own.reduce((sum, cell) => sum + cell.cases, 0)];
  const most = Math.max(...own.map(({ forward, backward }) => Math.max(forward ?? 0, backward ?? 0)));
  const verdict =
    wrong > 0
      ? strings.someWrong(format.whole(wrong), format.whole(checked))
      : strings.allRight(format.whole(cases), format.whole(checked), format.percent(most));
  return others > 0 ? `${verdict} ${strings.otherWrong(format.whole(others))}` : verdict;
}

export function fitsVerdict(
  { fits, largest }: Report,
  memory: number | null,
  strings: GpuStrings,
  format: Format,
): string {
  if (fits.length === 0) return '';
  const buffer = strings.largest(format.gibibytes(largest));
  if (memory === null) return buffer;
  const { run, packed, train } = largestOf(fits, memory);
  const { none } = strings;
  const sentence = strings.fitsVerdict(run || none, packed || none, train || none);
  return `${format.gibibytes(memory)}: ${sentence} ${buffer}`;
}
