/** Numbers as people read them, in the language of the page. */
export class Format {
  readonly #whole: Intl.NumberFormat;
  readonly #compact: Intl.NumberFormat;

  constructor(language: string) {
    this.#whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
    this.#compact = new Intl.NumberFormat(language, { notation: 'compact', maximumSignificantDigits: 2 });
  }

  whole(value: number): string {
    return this.#whole.format(value);
  }

  /** 812345 -> 810K, 81万. */
  compact(value: number): string {
    return this.#compact.format(value);
  }

  loss(value: number | undefined): string {
    return value === undefined ? '–' : value.toFixed(3);
  }

  /** How many equally likely choices: 12.9, 77. */
  choices(value: number): string {
    return value < 100 ? value.toFixed(1) : this.#whole.format(value);
  }

  milliseconds(value: number): string {
    return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
  }

  bytes(count: number): string {
    if (count < 1024) return `${count} B`;
    const [value, unit] = count < 1 << 20 ? [count / 1024, 'KiB'] : [count / 2 ** 20, 'MiB'];
    return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
  }

  /** Memory of GPUs: 0.5 GiB, 12 GiB. */
  gibibytes(count: number): string {
    const value = count / 2 ** 30;
    return `${value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)} GiB`;
  }

  percent(share: number): string {
    return share >= 0.1 ? `${(100 * share).toFixed(0)} %` : `${(100 * share).toFixed(1)} %`;
  }

  duration(seconds: number): string {
    if (!Number.isFinite(seconds)) return '–';
    const s = Math.max(0, Math.round(seconds));
    const two = (n: number): string => String(n).padStart(2, '0');
    return s >= 3600
      ? `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`
      : `${Math.floor(s / 60)}:${two(s % 60)}`;
  }
}
