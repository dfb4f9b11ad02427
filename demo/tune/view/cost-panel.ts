import { element, finder } from '../../view/dom';
import type { Format } from '../../view/format';
import type { TuneStrings } from '../english';
import type { AdapterCost } from '../session/protocol';

/** What is known of the time that it takes. */
export interface MeasuredTime {
  readonly stepMilliseconds: number;
  readonly steps: number;
}

/** What an adapter costs, told before it learns. */
export class CostPanel {
  readonly #byId = finder();

  /** `problem`: why nothing can be told, in place of numbers. */
  show(
    strings: TuneStrings,
    format: Format,
    {
      cost,
      time,
      problem,
    }: {
      readonly cost: AdapterCost | null;
      readonly time: MeasuredTime | null;
      readonly problem: readonly (Node | string)[];
    },
  ): void {
    this.#byId('cost-empty').hidden = cost !== null || problem.length > 0;
    const says = element('span', {}, ...problem);
    const host = this.#byId('cost-problem');
    if (host.textContent !== says.textContent) host.replaceChildren(...says.childNodes); // it is announced
    const facts = this.#byId('cost-facts');
    facts.hidden = cost === null;
    if (!cost) return;
    const { learns, base, files, memory, full } = cost;
    const { weights, adapter, activations, total } = memory;
    const parts = strings.costParts(format.bytes(weights), format.bytes(adapter), format.bytes(activations));
    const rows: [name: string, value: string, note: string][] = [
      [strings.costLearns, format.whole(learns), ''],
      [strings.costShare, shareOf(learns, base), ''],
      [strings.costFiles, format.bytes(files), ''],
      [strings.costMemory, format.bytes(total), parts],
      ...(full === null ? [] : [[strings.costFull, format.bytes(full), ''] as [string, string, string]]),
      [
        strings.costTime,
        time
          ? strings.costMeasured(
              format.milliseconds(time.stepMilliseconds),
              format.duration((time.steps * time.stepMilliseconds) / 1000),
            )
          : strings.costUnmeasured,
        '',
      ],
    ];
    facts.replaceChildren(
      ...rows.map(([name, value, note]) =>
        element(
          'div',
          {},
          element('dt', {}, name),
          element('dd', {}, value, ...(note ? [element('small', {}, note)] : [])),
        ),
      ),
    );
  }
}

/** As many places as a small share needs. */
export const shareOf = (part: number, whole: number): string =>
  `${Number(((100 * part) / whole).toPrecision(2))} %`;
