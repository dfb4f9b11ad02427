// Adapters that are made here and go to PEFT, and what its files may not say. Parity is in peft.chromium.test.ts.
import { describe, expect, it } from 'vitest';
import { bitfit, bottleneck, copy } from '../../engine/adapters';
import {
  adapt,
  lora,
  openSafetensors,
  prefix,
  saveSafetensors,
  type Adapter,
  type AdapterKind,
  type Device,
} from '../../engine/index';
import { adaptPeft, loadPeft, savePeft } from '../../models/adapters/index';
import { bertModel } from '../../models/families/bert';
import type { Pretrained } from '../../models/family/load';
import fixture from '../fixtures/peft.json';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { relativeError } from './parity';
import { folderOfCase, logitsOf, openBase, type AnyModel, type Base, type PeftCase } from './peft_cases';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

/** As if it had learnt. */
function learn({ store }: Adapter): void {
  for (const [name, { size }] of store.parameters) {
    store.write(
      name,
      Float32Array.from({ length: size }, (_, i) => Math.sin(i + name.length) / 3),
    );
  }
}

type Config = Record<string, unknown>;
async function filesOf(loaded: Pretrained<AnyModel>, adapter: Adapter) {
  const files = await savePeft(loaded, adapter, { base: 'some/base' });
  const weights = new Uint8Array(await files.get('adapter_model.safetensors')!.arrayBuffer());
  const config = JSON.parse(await files.get('adapter_config.json')!.text()) as Config;
  const folder = folderOf({ 'adapter_config.json': config, 'adapter_model.safetensors': weights });
  return { config, names: (await openSafetensors(weights)).names(), folder };
}

const GPT = 'stack.layers.*.attention';
const goesTo: [string, Base, string, Record<string, AdapterKind>, Config, string[]][] = [
  [
    'columns of what PEFT has fused',
    ...(['gpt-small', 'causal'] as const),
    { [`${GPT}.qkv.{query,value}`]: lora({ rank: 2, alpha: 6 }), [`${GPT}.qkv.key`]: lora({ rank: 1 }) },
    { r: 5, lora_alpha: 15, fan_in_fan_out: true, target_modules: ['c_attn'], task_type: 'CAUSAL_LM' },
    [0, 1].flatMap((n) => ['A', 'B'].map((part) => `transformer.h.${n}.attn.c_attn.lora_${part}.weight`)),
  ],
  [
    'all of what PEFT has apart, and one layer otherwise',
    ...(['gpt-modern', 'causal'] as const),
    {
      'stack.layers.0.attention.qkv': lora({ rank: 2, alpha: 3 }),
      'stack.layers.1.attention.qkv.query': lora({ rank: 3, alpha: 3 }),
    },
    {
      ...{ r: 2, lora_alpha: 3, bias: 'none', fan_in_fan_out: false },
      rank_pattern: { 'model.layers.1.self_attn.q_proj': 3 },
      target_modules: ['0.k', '0.q', '0.v', '1.q'].map(
        (name) => `model.layers.${name.replace('.', '.self_attn.')}_proj`,
      ),
    },
    ['0.q', '0.k', '0.v', '1.q'].flatMap((name) =>
      ['A', 'B'].map((part) => `model.layers.${name.replace('.', '.self_attn.')}_proj.lora_${part}.weight`),
    ),
  ],
  [
    'a head and all biases',
    ...(['bert-heads/sequence', 'classes'] as const),
    { 'stack.layers.1.feedForward.up': lora({ rank: 2 }), 'classifier.output.weight': copy() },
    { bias: 'all', modules_to_save: ['classifier'], task_type: 'SEQ_CLS' },
    [],
  ],
];

describe.each(goesTo)('%s', (_, base, kind, layers, settings, names) => {
  it('is written for PEFT, and does the same from there', async () => {
    using loaded = await openBase(base, device);
    const plain = await logitsOf(device, loaded.model, kind);
    const all = settings.bias === 'all' ? { ...bitfit(loaded.model), ...layers } : layers;
    const adapter = await adapt(loaded.model, all);
    expect(await logitsOf(device, loaded.model, kind)).toEqual(plain);
    learn(adapter);
    const before = await logitsOf(device, loaded.model, kind);
    expect(relativeError(before, plain)).toBeGreaterThan(0.05);
    const files = await filesOf(loaded, adapter);
    adapter[Symbol.dispose]();
    expect(await logitsOf(device, loaded.model, kind)).toEqual(plain);
    expect(files.config).toMatchObject({
      ...{ peft_type: 'LORA', base_model_name_or_path: 'some/base', inference_mode: true },
      ...settings,
      ...(settings.target_modules
        ? { target_modules: expect.arrayContaining(settings.target_modules as []) as [] }
        : {}),
    });
    if (names.length > 0)
      expect(files.names.sort()).toEqual(names.map((name) => `base_model.model.${name}`).sort());
    using again = await loadPeft(loaded, files.folder);
    expect(again.store.parameters.size).toBeGreaterThan(0);
    expect(relativeError(await logitsOf(device, loaded.model, kind), before)).toBeLessThan(1e-6);
  });
});

describe('an adapter by the settings of PEFT', () => {
  it('begins at nothing, and has the names of a class without a head where the model is one', async () => {
    using loaded = await openBase('bert-heads/sequence', device, {
      families: [bertModel],
      newHead: { architectures: ['BertModel'] },
    });
    using adapter = await adaptPeft(loaded, { peft_type: 'LORA', target_modules: ['value'], r: 2 });
    const { names, folder } = await filesOf(loaded, adapter);
    expect(names[0]).toBe('base_model.model.encoder.layer.0.attention.self.value.lora_A.weight');
    learn(adapter);
    adapter[Symbol.dispose]();
    using again = await loadPeft(loaded, folder);
    expect([...again.store.parameters.keys()]).toEqual([...adapter.store.parameters.keys()]);
  });

  it('leaves out heads of classes where all linear layers are meant, and what is excluded', async () => {
    using loaded = await openBase('bert-heads/sequence', device);
    const namesOf = async (config: Config): Promise<string[]> => {
      using adapter = await adaptPeft(loaded, { peft_type: 'LORA', r: 2, ...config });
      return [...new Set(adapter.places.map(({ site }) => site.name.replace(/\d+/, '*')))];
    };
    const layer = 'stack.layers.*';
    const linear = [
      ...['query', 'key', 'value'].map((one) => `${layer}.attention.qkv.${one}`),
      ...['attention.output', 'feedForward.up', 'feedForward.down'].map((one) => `${layer}.${one}`),
    ];
    const all = { target_modules: 'all-linear', task_type: 'SEQ_CLS' };
    // They learn whole, as PEFT's class of classifiers has it.
    const head = ['classifier.output.weight', 'classifier.output.bias'];
    expect(await namesOf(all)).toEqual([...linear, 'pooler.dense', ...head]);
    const some = await namesOf({ ...all, exclude_modules: ['dense', 'key'] });
    expect(some).toEqual([linear[0], linear[2], ...head]);
    expect(await namesOf({ target_modules: ['dense'], exclude_modules: '.*attention.*|.*pooler.*' })).toEqual(
      linear.slice(4),
    );
  });
});

describe('what is refused leaves the model as it was', () => {
  const about = (name: keyof typeof fixture.cases) => fixture.cases[name] as PeftCase;
  it.each<[what: string, config: Config, why: RegExp]>([
    ['a kind', { peft_type: 'LOHA' }, /peft_type is "LOHA"/],
    ['DoRA by another name', { use_qdora: true }, /use_qdora is true/],
    [
      'PiSSA',
      { init_lora_weights: 'pissa' },
      /init_lora_weights is "pissa".*changes the weights of the base/,
    ],
    ['layers twice', { layer_replication: [[0, 1]] }, /layer_replication is \[\[0,1\]\]/],
    ['a rank', { r: 0 }, /r is 0/],
    ['ranks', { rank_pattern: { c_attn: 1.5 } }, /rank_pattern of c_attn is 1.5/],
    ['a rank above the matrix', { r: 33 }, /rank is 33, but its weight is \(96, 32\)/],
    ['an alpha', { lora_alpha: 0 }, /lora_alpha is 0.*above 0/],
    ['dropout', { lora_dropout: 1 }, /lora_dropout is 1/],
    ['a bias', { bias: 'some' }, /bias is "some"/],
    ['no targets', { target_modules: [] }, /target_modules is \[\]/],
    [
      'targets that are nowhere',
      { target_modules: ['q_proj'] },
      /is none of the model's 8 linear layers.*nearest are c_proj/,
    ],
    ['targets in no layer', { layers_to_transform: [7] }, /within the layers 7/],
    ['an expression and layers', { target_modules: '.*c_attn', layers_to_transform: 1 }, /goes with a list/],
    ["Python's expressions", { target_modules: '(?i)C_ATTN' }, /JavaScript does not read/],
    [
      'a norm',
      { target_modules: ['ln_1'] },
      /target_modules has transformer.h.0.ln_1, which is no linear layer here/,
    ],
    ['positions', { target_modules: ['wpe'] }, /wpe, which is no linear layer here/],
    ['a tied head', { target_modules: ['lm_head'] }, /lm_head, which is no linear layer here/],
    [
      'a tied table',
      { modules_to_save: ['wte'] },
      /wte.weight would be learnt, but it is tied to lm_head.weight/,
    ],
    ['a module that is not there', { modules_to_save: ['score'] }, /modules_to_save has score/],
  ])('a setting: %s', async (_, config, why) => {
    using loaded = await openBase('gpt-small', device);
    const owners = { ...device.buffers.stats.owners };
    const given = { peft_type: 'LORA', target_modules: ['c_attn'], ...config };
    await expect(adaptPeft(loaded, given)).rejects.toThrow(why);
    expect(device.buffers.stats.owners).toEqual(owners);
    expect([...loaded.store.parameters.values()].every(({ trainable }) => trainable)).toBe(true);
  });

  it('adapters of another base: by names, by shapes, by what is there', async () => {
    using loaded = await openBase('gpt-modern', device);
    const { files } = folderOfCase('llama-regex', about('llama-regex'));
    const refused = (own: Record<string, Uint8Array<ArrayBuffer> | object>) =>
      expect(loadPeft(loaded, folderOf({ ...files, ...own }))).rejects;
    const other = folderOfCase('gpt2-patterns', about('gpt2-patterns')).files;
    await refused(other).toThrow(
      /target_modules \["c_attn","c_proj"\] is none of the model's 15 linear layers.*another base/,
    );
    await refused({ 'adapter_model.safetensors': other['adapter_model.safetensors'] }).toThrow(
      /13 tensors are missing \(.*12 have no place \(.*The model has no transformer\.h\.0\.attn\.c_attn/,
    );
    await refused({ 'adapter_config.json': { ...about('llama-regex').config, r: 4 } }).toThrow(
      /lora_A.weight is \(3, 32\) there, but \(4, 32\) by the model/,
    );
    await refused({
      'adapter_config.json': { ...about('llama-regex').config, modules_to_save: null },
    }).toThrow(/0 tensors are missing, 1 have no place \(lm_head.weight\)/);
    const named = saveSafetensors(
      [{ name: 'lora.A', shape: [1], dtype: 'F32', data: new Float32Array(1) }],
      {},
    );
    await refused({ 'adapter_model.safetensors': named }).toThrow(
      /lora.A does not begin with base_model.model./,
    );
    await expect(loadPeft(loaded, folderOf({}))).rejects.toThrow('adapter_config.json: it is not there');
    await expect(
      loadPeft(loaded, folderOf({ 'adapter_config.json': about('llama-regex').config })),
    ).rejects.toThrow('adapter_model.safetensors: it is not there');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(loadPeft(loaded, folderOf(files), { signal })).rejects.toThrow('enough');
    expect(Object.keys(device.buffers.stats.owners)).toEqual(['parameters: weights']);
    expect([...loaded.store.parameters.values()].every(({ trainable }) => trainable)).toBe(true);
  });

  it('what is learnt twice, and what PEFT has no word for', async () => {
    using loaded = await openBase('bert-heads/sequence', device);
    const { folder } = folderOfCase('bert-only', about('bert-only'));
    using first = await loadPeft(loaded, folder);
    const before = await logitsOf(device, loaded.model, 'classes');
    await expect(loadPeft(loaded, folder)).rejects.toThrow(/is learnt by another adapter/);
    await expect(adapt(loaded.model, { 'stack.layers.1.attention.qkv.bias': copy() })).rejects.toThrow(
      /stack.layers.1.attention.qkv.bias is learnt by another adapter/,
    );
    expect(await logitsOf(device, loaded.model, 'classes')).toEqual(before);
    first[Symbol.dispose]();
    const refused = async (layers: Record<string, AdapterKind>, why: RegExp): Promise<void> => {
      using adapter = await adapt(loaded.model, layers);
      await expect(savePeft(loaded, adapter)).rejects.toThrow(why);
    };
    await refused(bitfit(loaded.model), /it has no LoRA/);
    await refused(
      { 'stack.layers.*.attention': prefix() },
      /PEFT learns classifier.weight beside what stands before texts/,
    );
    await refused(
      { 'stack.layers.*.attention.output': bottleneck() },
      /PEFT has no kind for what is at stack.layers.0.attention.output/,
    );
    const up = { 'stack.layers.0.feedForward.up': lora({ rank: 1 }) };
    await refused({ ...up, 'norm.bias': copy() }, /but not just bert.embeddings.LayerNorm.bias/);
    await refused(
      { ...up, 'norm.weight': copy() },
      /PEFT would save bert.embeddings.LayerNorm.bias with what was learnt/,
    );
    await refused(
      { ...up, 'stack.layers.1.feedForward.up': lora({ rank: 1, dropout: 0.5 }) },
      /its layers have several dropouts/,
    );
  });
});
