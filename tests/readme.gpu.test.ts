import { expect, it, vi } from 'vitest';
import { fixtureText } from './fixtures/load';
import { example } from './readme.example';

it('the README example trains and writes', { timeout: 120_000 }, async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  let written = '';
  await example(await fixtureText('sonnets.txt'), (piece) => (written += piece), 8);
  const reports = log.mock.calls.map(([report]) => report as { loss: number });
  log.mockRestore();
  expect(reports.at(-1)!.loss).toBeLessThan(reports[0].loss);
  expect(written.length).toBeGreaterThan(30); // the context less the prompt
});
