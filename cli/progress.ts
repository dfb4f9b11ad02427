import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import process from 'node:process';

/** So often, in milliseconds, a line is written where there is no terminal. */
const LINE_MS = 10_000;

/** A bar at the bottom of a terminal with lines above it; where there is none, a line now and then. */
export class ProgressDisplay {
  readonly #bars: MultiBar | null;
  #bar: SingleBar | null = null;
  #label = '';
  #told = -Infinity;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#bars = stream.isTTY
      ? new MultiBar(
          {
            stream,
            format: '{label} {bar} {value}/{total}  {text}',
            hideCursor: true,
            gracefulExit: false,
            barsize: 20,
          },
          Presets.shades_classic,
        )
      : null;
  }

  /** How far `label` has come. */
  show(label: string, done: number, total: number, text = ''): void {
    if (this.#bars) {
      if (label !== this.#label || !this.#bar) {
        if (this.#bar) this.#bars.remove(this.#bar);
        this.#bar = this.#bars.create(total, done, { label, text });
      } else {
        this.#bar.setTotal(total);
        this.#bar.update(done, { label, text });
      }
    } else if (label !== this.#label || done >= total || performance.now() - this.#told > LINE_MS) {
      this.#told = performance.now();
      process.stderr.write(`${label} ${done}/${total}${text && `  ${text}`}\n`);
    }
    this.#label = label;
  }

  /** A line that stays. */
  tell(line: string): void {
    if (this.#bars && this.#bar) {
      this.#bars.log(`${line}\n`);
      this.#bars.update();
    } else {
      process.stderr.write(`${line}\n`);
    }
  }

  /** Leaves the terminal as it was. */
  end(): void {
    this.#bars?.stop();
    this.#bar = null;
  }
}

/** `1:05:09`, `12:03`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (part: number): string => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}
