/** What the worker does for the page My GPU: checks, times and reckons, and tells what it finds as it comes. */
import { clockOf } from '../../../bench/harness/measure';
import { measurePeaks } from '../../../bench/harness/peaks';
import { DeviceError, type Device } from '../../../engine/index';
import { Connection } from '../../session/connection';
import type { AdapterSummary } from '../../session/protocol';
import { timedOn } from './fast';
import { SHAPES } from '../shapes';
import { fitsOn } from './fits';
import type { GpuEvent, Phase, Report, RunSettings, State } from './protocol';
import { checkFamilies, familiesOf } from './right';

export class GpuSession {
  readonly #emit: (event: GpuEvent) => void;
  readonly #connection = new Connection(
    (adapter) => {
      this.#adapter = adapter;
      this.#emit({ kind: 'adapter', adapter });
    },
    () => this.#running?.abort(LOST),
  );
  #adapter: AdapterSummary | null = null;
  #running: AbortController | null = null;
  #report: Report | null = null;

  constructor(emit: (event: GpuEvent) => void) {
    this.#emit = emit;
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /** All phases one after the other. Whatever ends it, what was found stays. */
  async run({ only, phases }: RunSettings): Promise<void> {
    if (this.#running) return;
    const running = new AbortController();
    this.#running = running;
    this.#setState('running');
    let device: Device | null = null;
    try {
      device = await this.#connection.open();
      await this.#run(device, only, phases, running.signal);
      this.#setState('finished');
    } catch (error) {
      const lost = running.signal.reason === LOST || error instanceof DeviceError || (await device?.loss());
      if (lost) this.#setState('lost');
      else if (running.signal.aborted) this.#setState('cancelled');
      else this.#setState('failed', (error as Error).message);
    } finally {
      this.#running = null;
    }
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #run(
    device: Device,
    only: readonly string[] | null,
    phases: readonly Phase[],
    signal: AbortSignal,
  ): Promise<void> {
    const list = phases.includes('right') ? familiesOf(device, only) : [];
    this.#report = {
      adapter: this.#adapter!,
      browser: /(Firefox|Edg|Chrome|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? '',
      date: new Date().toISOString().slice(0, 10),
      families: list.map(({ name }) => name),
      ...{ cells: [], peaks: null, speeds: [], void: [], fits: [] },
      largest: device.can.maxBinding,
    };
    this.#tell({});
    const progress = (phase: Phase) => (share: number) => this.#emit({ kind: 'progress', phase, share });
    await checkFamilies(
      device,
      list,
      signal,
      (cell) => this.#tell({ cells: [...this.#report!.cells, cell] }),
      progress('right'),
    );
    if (phases.includes('fast')) await this.#time(device, signal, progress('peaks'), progress('fast'));
    if (phases.includes('fits')) {
      let done = 0;
      for (const fit of fitsOn(device)) {
        signal.throwIfAborted();
        this.#tell({ fits: [...this.#report.fits, fit] });
        progress('fits')(++done / SHAPES.length);
        await new Promise((resolve) => setTimeout(resolve)); // a wish to cancel comes in between
      }
    }
  }

  async #time(
    device: Device,
    signal: AbortSignal,
    onPeaks: (share: number) => void,
    onProgress: (share: number) => void,
  ): Promise<void> {
    const peaks = await measurePeaks(device, { signal, onProgress: onPeaks });
    this.#tell({ peaks: { ...peaks, clock: clockOf(device) } });
    const list = timedOn(device, peaks);
    for (const [done, timed] of list.entries()) {
      try {
        const speeds = await timed.time(signal);
        this.#tell({ speeds: [...this.#report!.speeds, ...speeds] });
      } catch (error) {
        const loss = await device.loss();
        if (loss) throw loss;
        if (signal.aborted) throw error;
        // One wrong answer voids its own time only.
        this.#tell({ void: [...this.#report!.void, (error as Error).message] });
      }
      onProgress((done + 1) / list.length);
    }
  }

  #tell(found: Partial<Report>): void {
    this.#report = { ...this.#report!, ...found };
    this.#emit({ kind: 'report', report: this.#report });
  }

  #setState(state: State, error = ''): void {
    this.#emit({ kind: 'state', state, error });
  }
}

/** Why a run was aborted by nobody. */
const LOST = new Error('the device was lost');
