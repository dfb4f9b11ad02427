// Heads of encoder-decoders beside Hugging Face Transformers, see tests/fixtures/make_seq2seq_heads.py; new heads on other bodies.
import { describe, expect, it } from 'vitest';
import { Device, Graph, imaginedDevice, LEAST_CAPABILITIES, openSafetensors } from '../../engine/index';
import * as bart from '../../models/families/bart';
import * as t5 from '../../models/families/t5';
import { Seq2SeqTokenClassifier } from '../../models/seq2seq_heads';
import type { AnyFamily } from '../../models/family/family';
import { load } from '../../models/family/load';
import barts from '../fixtures/seq2seq-bart.json';
import classes from '../fixtures/seq2seq-t5-classes.json';
import heads from '../fixtures/seq2seq-heads.json';
import t5s from '../fixtures/seq2seq-t5.json';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { checkpointOf, folderOf } from './folders';
import { headParity } from './head_parity';
import type { FamilyFixture } from './family_parity';

const families = {
  't5-token': t5.t5ForTokenClassification,
  'mt5-token': t5.mt5ForTokenClassification,
  't5-question': t5.t5ForQuestionAnswering,
  'mt5-question': t5.mt5ForQuestionAnswering,
  'bart-question': bart.bartForQuestionAnswering,
  'mbart-question': bart.mbartForQuestionAnswering,
};
// Layers are compared where these models write.
headParity(heads, 'seq2seq-heads.safetensors', families, { hidden: () => ({}) });

const filesOf = async ({ config, weights }: FamilyFixture, changes: object = {}) =>
  folderOf({
    'config.json': { ...config, ...changes },
    'model.safetensors': checkpointOf(await weights()),
  });

describe('a new head', () => {
  const t5Classes = fixtureOf(classes, 't5-classes', 'seq2seq-t5-classes.safetensors');
  const writer = (type: string) => fixtureOf(t5s, type, 'seq2seq-t5.safetensors');
  const bartWriter = (type: string) => fixtureOf(barts, type, 'seq2seq-bart.safetensors');
  const answers = ['output.weight', 'output.bias'];
  const tags = ['classifier.output.weight', 'classifier.output.bias'];

  it.each<[string, AnyFamily, FamilyFixture, readonly string[]]>([
    ['answers on a T5 that writes', t5.t5ForQuestionAnswering, writer('t5'), answers],
    ['answers on a T5 that knew classes', t5.t5ForQuestionAnswering, t5Classes, answers],
    ['tokens on a T5 that writes', t5.t5ForTokenClassification, writer('t5'), tags],
    ['tokens on a T5 that knew classes', t5.t5ForTokenClassification, t5Classes, tags],
    ['tokens on an mT5 that writes', t5.mt5ForTokenClassification, writer('mt5'), tags],
    ['answers on a BART that writes', bart.bartForQuestionAnswering, bartWriter('bart'), answers],
    ['answers on an mBART that writes', bart.mbartForQuestionAnswering, bartWriter('mbart'), answers],
  ])('for %s', async (_, family, fixture, fresh) => {
    using device = await Device.open({ gpu: openTestGpu() });
    const newHead = { id2label: { 0: 'a', 1: 'b' } };
    using loaded = await load(await filesOf(fixture), { device, families: [family], newHead });
    expect(loaded.fresh).toEqual(fresh);
    // The body is the file's, by whatever names it had it.
    const bare = (name: string): string => name.replace(/^(transformer|model)\./, '');
    const given = new Map([...(await fixture.weights())].map(([name, { data }]) => [bare(name), data]));
    const saved = await openSafetensors((await loaded.save()).get('model.safetensors')!);
    const body = saved.names().filter((name) => given.has(bare(name)));
    expect(body.length + fresh.length).toBe(saved.names().length);
    for (const name of body) expect(await saved.float32(name), name).toEqual(given.get(bare(name)));
  });
});

describe('what cannot be', () => {
  const config = heads.families['t5-question'].config;
  const file = { names: () => Object.keys(heads.families['t5-question'].parameters) };

  it('is refused: an answer of three labels', () => {
    const three = { ...config, id2label: { 0: 'a', 1: 'b', 2: 'c' } };
    expect(() => t5.t5ForQuestionAnswering.build(three, file)).toThrow(
      'config.json: there are 3 labels, but an answer has a begin and an end. Give it two, or none.',
    );
    // Transformers' class of BART takes no notice of them.
    const ofBart = { ...heads.families['bart-question'].config, id2label: three.id2label };
    expect(bart.bartForQuestionAnswering.build(ofBart, file).output.outputs).toBe(2);
  });

  it('is refused: tokens of an encoder that has norms and positions of its own; segments; options that are none', () => {
    const { model } = bart.bartForQuestionAnswering.build(heads.families['bart-question'].config, file);
    expect(() => new Seq2SeqTokenClassifier({ model, labels: ['a', 'b'] })).toThrow(
      /^Seq2SeqTokenClassifier: the encoder has more than layers of its own\./,
    );
    const answers = t5.t5ForQuestionAnswering.build(config, file);
    const g = new Graph(imaginedDevice(LEAST_CAPABILITIES));
    const ids = g.input('ids', [1, 4], 'u32');
    expect(() => answers.forward(g, ids, { segments: ids })).toThrow(/segments are given, but it knows none/);
    expect(() => answers.forward(g, ids, { length: ids } as never)).toThrow(/there is no option "length"/);
  });
});
