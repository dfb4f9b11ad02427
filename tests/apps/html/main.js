// A page without a bundler, under a policy that allows scripts of its own only: names are resolved by the import map.
import { AdamW, characterTokenizer, Device, eager, nextToken, randomWindows, Run, softmax } from 'heed';
import { readPairs } from 'heed/data';
import { Generator, GPT } from 'heed/models';
import { trainTranslation, TranslationModel, Translator } from 'heed/translation';

const done = {};
globalThis.done = done;
try {
  const device = await Device.open();

  const x = { shape: [1, 2], data: new Float32Array([0, Math.log(3)]) };
  done.softmax = (await eager(device, { x }, (g, inputs) => softmax(g, inputs.x))).data;

  const tokenizer = characterTokenizer('abracadabra abracadabra abracadabra');
  const model = new GPT({ vocabulary: tokenizer.size, context: 8, layers: 1, heads: 1, width: 8 });
  const run = await Run.create({
    device,
    model,
    optimizer: new AdamW(),
    schedule: { kind: 'constant', lr: 0.02 },
    objective: nextToken({ batch: 2, length: 8 }),
  });
  const batches = randomWindows(tokenizer.encode('abracadabra '.repeat(20)), { batch: 2, length: 8 });
  done.losses = [];
  await run.fit({
    steps: 6,
    batches,
    onEvent: (event) =>
      event.kind === 'steps' && done.losses.push(...event.reports.map((report) => report.loss)),
  });
  done.ids = [];
  for await (const id of new Generator(device, model).generate(tokenizer.encode('a'), { temperature: 0 })) {
    done.ids.push(id);
  }

  const words = ['one', 'two', 'three', 'four', 'five', 'six'];
  const lines = Array.from({ length: 80 }, (_, i) => {
    const some = [...(i + 36).toString(6)].map((digit) => words[Number(digit)]);
    return `${some.join(' ')}\t${[...some].reverse().join(' ')}\n`;
  });
  const read = await readPairs(new Blob(lines).stream());
  const { weights } = await trainTranslation({
    device,
    pairs: read.pairs,
    steps: 2,
    preset: 'tiny',
    info: { languages: ['en', 'fr'] },
  });
  const translator = await Translator.create(device, await TranslationModel.open(weights));
  const [translation] = await translator.translate(['one two'], { beams: 2 });
  done.translation = typeof translation.pieces[0].hypotheses[0].score;
  translator[Symbol.dispose]();
  run[Symbol.dispose]();
  device[Symbol.dispose]();
  done.end = true;
} catch (error) {
  done.error = `${error?.stack ?? error}`;
}
