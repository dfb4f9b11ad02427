/**
 * Inputs that nobody wrote, for everything that reads: whatever comes is read or refused by an error of Heed's own, within
 * seconds and with little memory. A sample here; 100,000 in `npm run test:deep`. HEED_FUZZ is how many, HEED_SEED where to
 * begin: a case that fails is found again by HEED_SEED=its number HEED_FUZZ=1.
 */
import process from 'node:process';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { EngineError } from '../../engine/index';
import { Draw } from './mutate';
import { readers } from './readers';

const count = Number(process.env['HEED_FUZZ'] ?? 2000);
const seed = Number(process.env['HEED_SEED'] ?? 1);
const only = process.env['HEED_FUZZ_READER'] || undefined;
/** Of processor time, so that a busy machine fails nothing. */
const SECONDS = 5;
/** Memory of a case beyond all before it: four times its input, and what the collector has not come to. */
const TIMES = 4;
const SLACK = 128 * 2 ** 20;

const all = Object.entries(await readers()).filter(([name]) => only === undefined || name === only);
const tally = new Map(all.map(([name]) => [name, { read: 0, refused: 0 }]));

const isRefusal = (error: unknown): boolean =>
  error instanceof AggregateError ? error.errors.every(isRefusal) : error instanceof EngineError;

async function faultOf(name: string, number: number): Promise<string | null> {
  const draw = new Draw(Math.imul(number, 0x9e3779b1) ^ 0x5bd1e995);
  const reader = all.find(([own]) => own === name)![1];
  const { bytes, read, input } = reader(draw);
  const cpu = process.cpuUsage();
  const before = process.resourceUsage().maxRSS * 1024;
  let fault: string | null = null;
  try {
    await read();
    tally.get(name)!.read++;
  } catch (error) {
    if (isRefusal(error)) tally.get(name)!.refused++;
    else {
      const all: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
      const first = all.find((one) => !isRefusal(one));
      fault =
        first instanceof Error
          ? (first.stack ?? first.message).split('\n').slice(0, 6).join('\n')
          : inspect(first);
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (user + system) / 1e6;
  const memory = process.resourceUsage().maxRSS * 1024 - before;
  if (seconds > SECONDS) fault = `it took ${seconds.toFixed(1)} s`;
  if (memory > TIMES * bytes + SLACK)
    fault = `it took ${(memory / 2 ** 20).toFixed(0)} MiB for ${bytes} bytes`;
  return (
    fault &&
    `${name}, HEED_SEED=${number}: ${fault}\n    ${inspect(input, { depth: 8, maxStringLength: 300, maxArrayLength: 40, breakLength: Infinity }).slice(0, 1500)}`
  );
}

test(`${count} inputs from ${seed} on are read or refused`, { timeout: 4 * 60 * 60_000 }, async () => {
  const faults: string[] = [];
  for (let number = seed; number < seed + count && faults.length < 30; number++) {
    const [name] = all[number % all.length];
    const fault = await faultOf(name, number);
    if (fault) faults.push(fault);
  }
  console.log(
    [...tally].map(([name, { read, refused }]) => `${name}: ${read} read, ${refused} refused`).join('\n'),
  );
  expect(faults.join('\n\n')).toBe('');
});
