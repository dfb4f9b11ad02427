// Every family through the tasks that its classes can do: batches of unlike texts give what each gives alone, whatever id pads.
import { describe, expect, it } from 'vitest';
import { ParameterStore, type Device } from '../../engine/index';
import type { AnyFamily, Family } from '../../models/family/family';
import { save } from '../../models/family/load';
import { families } from '../../models/families/index';
import { pipeline, type PipelineTask } from '../../models/tasks/index';
import decoders from '../fixtures/decoders.json';
import barts from '../fixtures/seq2seq-bart.json';
import t5s from '../fixtures/seq2seq-t5.json';
import fixture from '../fixtures/tasks.json';
import { withDevice } from '../harness/device';
import { told, type Told } from './described';

const { texts, questions, masked } = fixture;
const labels = { 0: 'contradiction', 1: 'neutral', 2: 'entailment' };
/** More than the tokenizer has tokens, as many models have. */
const VOCABULARY = 131;
const described: Readonly<Record<string, Told>> = {
  ...(decoders.families as unknown as Readonly<Record<string, Told>>),
  roberta: told['roberta-model'],
  distilbert: told['distilbert-model'],
  electra: told['electra-masked'],
  mpnet: told['mpnet-masked'],
  albert: told['albert-masked'],
  bart: barts.families.bart,
  mbart: barts.families.mbart,
  t5: t5s.families.t5,
  mt5: t5s.families.mt5,
};
/** What the tokenizer puts at the end of a text. */
const END = (fixture.tokenizer.model.vocab as Record<string, number>)['[SEP]'];
const TASKS: readonly (readonly [RegExp, PipelineTask])[] = [
  [/ForSequenceClassification$/, 'text-classification'],
  [/ForSequenceClassification$/, 'zero-shot-classification'],
  [/ForTokenClassification$/, 'token-classification'],
  [/ForQuestionAnswering$/, 'question-answering'],
  [/ForMaskedLM$/, 'fill-mask'],
  [/ForMaskedLM$/, 'feature-extraction'],
  [/(ForCausalLM|LMHeadModel)$/, 'text-generation'],
];
const cases = (families as readonly AnyFamily[])
  .filter(({ type }) => type in described)
  .flatMap((family) =>
    TASKS.filter(([classes]) => classes.test(family.architectures[0])).map(
      ([, task]) => [family.architectures[0], task, family as unknown as Family<object>] as const,
    ),
  );

describe('families in tasks', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });

  async function open<T extends PipelineTask>(family: Family<object>, task: T) {
    const { config: given, parameters } = described[family.type];
    const {
      num_labels: _,
      max_position_embeddings: context = 66,
      ...rest
    } = given as Record<string, unknown>;
    const config = {
      ...rest,
      max_position_embeddings: Math.max(66, context as number),
      ...{ vocab_size: VOCABULARY, architectures: [family.architectures[0]] },
      ...(/5$/.test(family.type) && { n_positions: 66 }),
      ...(/bart/.test(family.type) && { eos_token_id: END }),
      // An answer's two are no classes.
      ...(task !== 'question-answering' && {
        id2label: labels,
        label2id: Object.fromEntries(Object.entries(labels).map(([id, label]) => [label, Number(id)])),
      }),
    };
    const model = family.build(config, { names: () => Object.keys(parameters) });
    using _store = new ParameterStore(device, model, { seed: 3 });
    const files = new Map(await save(family, model, config));
    files.set('tokenizer.json', new Blob([JSON.stringify(fixture.tokenizer)]));
    return await pipeline(task, (name) => Promise.resolve(files.get(name) ?? null), { device });
  }

  it.each(cases)('%s: %s', async (_, task, family) => {
    using opened = await open(family, task);
    const call = opened as unknown as (...given: readonly unknown[]) => Promise<unknown>;
    const near = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_key, x: unknown) =>
        typeof x === 'number' ? (expect.closeTo(x, 4) as unknown) : x,
      );
    if (task === 'question-answering') {
      const { question, context } = questions[0];
      const answers = (await call(question, context, { top_k: 3 })) as { answer: string }[];
      expect(answers.map(({ answer }) => context.includes(answer))).toEqual([true, true, true]);
    } else if (task === 'text-generation') {
      const options = { max_new_tokens: 6, do_sample: true, temperature: 3 };
      const [{ generated_text: text }] = (await call(texts[0], options)) as { generated_text: string }[];
      expect(text.startsWith(texts[0])).toBe(true);
    } else if (task === 'feature-extraction') {
      const { data, dims } = (await call(texts)) as { data: Float32Array; dims: number[] };
      const alone = (await call(texts[0])) as { data: Float32Array; dims: number[] };
      expect(dims[0]).toBe(texts.length);
      expect([...data.subarray(0, alone.data.length)]).toEqual(near([...alone.data]));
    } else {
      const more = task === 'zero-shot-classification' ? [['a', 'b']] : [];
      const given = task === 'fill-mask' ? masked : texts;
      const options = task === 'fill-mask' ? [{ top_k: VOCABULARY }] : [];
      const all = (await call(given, ...more, ...options)) as unknown[];
      const alone = await Promise.all(given.map((text) => call(text, ...more, ...options)));
      if (task !== 'fill-mask')
        expect(all).toEqual(near(task === 'text-classification' ? alone.flat() : alone));
      else expect((all[0] as unknown[]).length).toBe(VOCABULARY);
    }
  });
});
