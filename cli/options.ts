/** What `--help` says of whole commands, and what is wrong with a command line. */
import { DataError } from '../engine/index';

/** Options that are missing, or do not go together: exit status 2. */
export class UsageError extends DataError {}

/** Options of `train` that a resumed run takes from its checkpoint. */
export const SETTLED = [
  'task',
  'preset',
  'tokens',
  'accumulate',
  'vocabulary',
  'maxLength',
  'lr',
  'warmup',
  'schedule',
  'dropout',
  'smoothing',
  'seed',
  'validation',
  'test',
] as const;

/** … and those that it need not. */
export const CHANGEABLE = [
  'steps',
  'evaluateEvery',
  'checkpointEvery',
  'sample',
  'monitor',
  'patience',
  'average',
  'languages',
  'title',
  'licence',
] as const;

/** All options of `train` where it trains on pairs. */
export const TRANSLATION_OPTIONS: readonly string[] = [
  ...SETTLED,
  ...CHANGEABLE,
  ...['data', 'columns', 'out', 'resume', 'overwrite'],
];

/** `maxLength` -> `--max-length`. */
export function flag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export const RESUME_HELP = `
To go on (--resume), give the same --data, --columns and --out. A training keeps
what it was begun with, and other values are refused, of
  ${listed(SETTLED)}
These may change:
  ${listed(CHANGEABLE)}`;

export const CHAT_HELP = `
A line is answered with all that was said before in mind. /reset forgets it, /exit
leaves. Ctrl-C ends an answer, and where there is none, or twice, leaves.`;

export const STATUS_HELP = `
Exit status: 0; 1 after an error (also of a single line); 2 for a wrong command line;
130 for a training that was interrupted, and a chat that was left by Ctrl-C.`;

function listed(names: readonly string[]): string {
  return names
    .map(flag)
    .join(' ')
    .replace(/(.{60,78}) /g, '$1\n  ');
}
