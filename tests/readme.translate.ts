import { Device } from '../engine/index';
import { readPairs } from '../engine/data';
import { trainTranslation, TranslationModel, Translator } from '../models/translation/index';

export async function translate(tsv: Blob, text: string, steps = 5000): Promise<void> {
  const device = await Device.open();
  const { pairs } = await readPairs(tsv); // two columns; quotes, CRLF and empty lines are dealt with
  const { weights } = await trainTranslation({
    ...{ device, pairs, steps, preset: 'tiny', info: { languages: ['en', 'fr'] } },
    onEvent: (e) => e.kind === 'evaluation' && console.log(e.step, e.metrics, e.samples[0]), // loss, BLEU, a translation
  });
  const translator = await Translator.create(device, await TranslationModel.open(weights));
  const [{ pieces }] = await translator.translate([text], { beams: 4, nBest: 4, onText: console.log });
  const { sourceIds, hypotheses } = pieces[0];
  for (const { text, score } of hypotheses) console.log(score.toFixed(2), text);
  const map = await translator.attention(sourceIds, hypotheses[0].ids, 1, 'mean'); // of decoder layer 1
  console.log(map.target[0], '→', map.source[map.map.row(0).indexOf(Math.max(...map.map.row(0)))]);
}
