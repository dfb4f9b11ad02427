/** How benches say what they found: rows on the console, and one small JSON file per adapter and bench. */
import type { Device } from '../../engine/index';

export interface BenchResult {
  readonly bench: string;
  /** Short name of the adapter, for the file's name. */
  readonly adapter: string;
  /** The adapter in its own words. */
  readonly description: string;
  /** What runs WebGPU: a Chromium, or Dawn in Node. */
  readonly host: string;
  readonly date: string;
  readonly results: unknown;
}

/** A short lower-case name: 'llvmpipe', 'swiftshader', 'nvidia-h100'. */
export function adapterName(device: Device): string {
  const { vendor, architecture, description } = device.info;
  const text = `${description} ${vendor} ${architecture}`.toLowerCase();
  const known = /swiftshader|llvmpipe|nvidia [a-z]*\s?[a-z]*\d+\w*/.exec(text)?.[0];
  return (known ?? `${vendor} ${architecture}`.toLowerCase()).trim().replace(/[^a-z0-9]+/g, '-') || 'unknown';
}

export function benchResult(device: Device, bench: string, results: unknown): BenchResult {
  const { vendor, architecture, description } = device.info;
  const agent = (globalThis.navigator as { userAgent?: string } | undefined)?.userAgent ?? '';
  return {
    bench,
    adapter: adapterName(device),
    description: [vendor, architecture, description].filter((s) => s).join(', '),
    host: /Chrome\/[\d.]+/.exec(agent)?.[0] ?? 'Dawn in Node',
    date: new Date().toISOString().slice(0, 10),
    results,
  };
}

/** Three significant digits, with no exponent. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return '–';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(1e-9, Math.abs(x)))));
  return x.toFixed(Math.min(6, digits));
}

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

/** Cells in columns; numbers to the right of their column. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    )
    .join('\n');
}

/** The value after `--name` in `args`, or `fallback`. */
export function option(args: readonly string[], name: string, fallback: string): string {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : (args[at + 1] ?? fallback);
}
