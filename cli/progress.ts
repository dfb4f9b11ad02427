import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import process from 'node:process';

/** Where there is no terminal, lines are so far apart, in milliseconds and in progress, … */
const LINE_MS = 15_000;
const LINE_SHARE = 0.02;
/** … yet a long run shows that it lives. */
const ALIVE_MS = 300_000;

/** A bar at the bottom of a terminal with lines above it; where there is none, a line now and then. */
export class ProgressDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #bars: MultiBar | null;
  #bar: SingleBar | null = null;
  #label = '';
  /** The last line of `#label`. */
  #line = { at: 0, done: 0 };

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
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
    } else if (label !== this.#label || this.#due(done, total)) {
      this.#line = { at: performance.now(), done };
      this.#stream.write(`${label} ${done}/${total}${text && `  ${text}`}\n`);
    }
    this.#label = label;
  }

  #due(done: number, total: number): boolean {
    if (done >= total) return this.#line.done < total;
    const waited = performance.now() - this.#line.at;
    const gained = done - this.#line.done;
    return waited >= ALIVE_MS || (waited >= LINE_MS && gained >= LINE_SHARE * total);
  }

  /** A line that stays. */
  tell(line: string): void {
    if (this.#bars && this.#bar) {
      this.#bars.log(`${line}\n`);
      this.#bars.update();
    } else {
      this.#stream.write(`${line}\n`);
    }
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.#bar) this.#bars?.stop(); // draws once more
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

/** `1 h 22 min`, `12 min`, `40 s`. */
export function durationInWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
