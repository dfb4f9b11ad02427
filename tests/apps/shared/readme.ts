// Runs the README's examples, which run.mjs puts beside this file.
import { Device, ParameterStore } from 'heed';
import { GPT } from 'heed/models';
import { example } from './examples/example.js';
import { look } from './examples/look.js';
import { translate } from './examples/translate.js';

export interface Outcome {
  written: number;
  end: true;
}

export async function runExamples(): Promise<Outcome> {
  let written = '';
  await example('O how I faint when I of you do write, '.repeat(40), (piece) => (written += piece), 2);

  const device = await Device.open();
  const model = new GPT({ vocabulary: 7, context: 8, layers: 2, heads: 4, width: 16 });
  const store = new ParameterStore(device, model, { seed: 1 });
  await look(device, model, Uint32Array.of(1, 5, 2));
  store[Symbol.dispose]();
  device[Symbol.dispose]();

  const words = ['one', 'two', 'three', 'four', 'five', 'six'];
  const lines = Array.from({ length: 80 }, (_, i) => {
    const some = [...(i + 36).toString(6)].map((digit) => words[Number(digit)]);
    return `${some.join(' ')}\t${[...some].reverse().join(' ')}\n`;
  });
  await translate(new Blob(lines), 'one two', 2);
  if (written.length === 0) throw new Error('the README example wrote nothing');
  return { written: written.length, end: true };
}
