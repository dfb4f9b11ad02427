import type { Log } from './log';

/** Takes lines of text, in order; what it returns is awaited. */
export type WriteText = (text: string) => unknown;

/** A log as CSV: step, name and value, a line for each number, as spreadsheets and pandas pivot it. Names with commas or quotes are quoted. */
export function csvLog(write: WriteText): Log {
  let begun = false;
  const quoted = (name: string): string => (/[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  return async (numbers, { step }) => {
    const lines = Object.entries(numbers).map(([name, value]) => `${step},${quoted(name)},${value}\n`);
    const head = begun ? '' : 'step,name,value\n';
    begun = true;
    await write(head + lines.join(''));
  };
}
