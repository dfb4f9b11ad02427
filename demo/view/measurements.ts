import type { SessionEvent } from '../session/protocol';
import type { Strings } from '../train/english';
import { drawBars, type Bar } from './bars';
import { finder } from './dom';
import type { Format } from './format';

type Kernels = Extract<SessionEvent, { kind: 'kernels' }>;
type Memory = Extract<SessionEvent, { kind: 'memory' }>;

/** Bars shown before the rest is summed up. */
const BARS = 7;

/** Where time and memory go, as the worker measured it last. */
export class Measurements {
  readonly #byId = finder();
  kernels: Kernels | null = null;
  memory: Memory | null = null;
  readonly #drawn = new Map<string, string>();

  render(strings: Strings, format: Format): void {
    if (this.kernels) this.#drawKernels(this.kernels, strings, format);
    if (this.memory) this.#drawMemory(this.memory, strings, format);
  }

  #drawKernels({ rows, clock }: Kernels, strings: Strings, format: Format): void {
    const sum = (part: Kernels['rows']): number => part.reduce((total, row) => total + row.milliseconds, 0);
    const total = sum(rows) || 1;
    const bar = (label: string, title: string, detail: string, milliseconds: number): Bar => ({
      label,
      title,
      detail,
      amount: `${format.milliseconds(milliseconds)} ms`,
      share: milliseconds / total,
    });
    const bars = rows.slice(0, BARS).map(({ kernel, calls, milliseconds, gflops }) => {
      const title = gflops >= 0.1 ? `${kernel}: ${gflops.toPrecision(2)} GFLOP/s` : kernel;
      return bar(kernel, title, strings.calls(calls), milliseconds);
    });
    const rest = rows.slice(BARS);
    if (rest.length > 0) bars.push(bar(strings.others(rest.length), '', '', sum(rest)));
    const time = clock === 'gpu' ? strings.gpuClock : strings.wallClock;
    this.#draw('kernels', strings.kernelsNote(format.milliseconds(total), time), bars, format);
  }

  #drawMemory({ rows, live, peak, idle }: Memory, strings: Strings, format: Format): void {
    const bars = rows.slice(0, BARS + 1).map(({ owner, bytes }) => ({
      label: strings.owners[owner.replace(/ \d+$/, '')] ?? owner,
      title: owner,
      detail: '',
      amount: format.bytes(bytes),
      share: bytes / Math.max(1, live),
    }));
    const note = strings.memoryNote(format.bytes(live), format.bytes(peak), format.bytes(idle));
    this.#draw('memory', note, bars, format);
  }

  #draw(id: 'kernels' | 'memory', note: string, bars: readonly Bar[], format: Format): void {
    const key = JSON.stringify([note, bars]);
    if (this.#drawn.get(id) === key) return;
    this.#drawn.set(id, key);
    drawBars(this.#byId(id), note, bars, (share) => format.percent(share));
  }
}
