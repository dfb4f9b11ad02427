/** Prefix tuning by PEFT's settings and in its file, for models that read from left to right and for BERT's classes of texts. */
import { sitesOf } from '../../engine/adapters';
import {
  DataError,
  EngineError,
  Prefix,
  prefix,
  ProjectedPrefix,
  type AdapterKind,
  type AttentionPlace,
  type KeyValueAddition,
} from '../../engine/index';
import type { Json } from '../pretrained_config';
import { SequenceClassifier } from '../text_heads';
import { withHeads } from './heads';
import { expectSettings, flag, wholeNumber } from './lora_config';
import { PROMPT } from './file_names';
import type { TheirModules } from './modules';
import type { PeftPlan } from './peft_tensor';
import { throughLinear } from './through_linear';

const FILE = 'adapter_config.json';

/** Whether PEFT has prefixes for its classes: those that a pooler's row decides, and layers that are not shared (BERT). */
const isPooled = (model: object): model is SequenceClassifier =>
  model instanceof SequenceClassifier &&
  model.pooler !== null &&
  new Set(model.stack.layers).size === model.stack.layers.length;

/** Attentions of a model, in order. Throws `DataError` for one of another kind. */
function attentionsOf(model: object): readonly AttentionPlace[] {
  const places = [...sitesOf(model).values()].filter(
    (site): site is AttentionPlace => 'layer' in site && !('columns' in site),
  );
  const isCausal = 'caches' in model && !('encoder' in model);
  if (!(isCausal || isPooled(model)) || places.length === 0) {
    const what = `peft_type is "PREFIX_TUNING", but the model neither reads from left to right alone nor is BERT's of classes`;
    throw new DataError(FILE, what, 'That is not done: take LoRA here.');
  }
  return places;
}

/** `saved`: a file has the keys and values that a network made, not the network. */
export function prefixPlan(config: Json, modules: TheirModules, model: object, saved: boolean): PeftPlan {
  expectSettings(config, [
    ...['num_virtual_tokens', 'token_dim', 'num_transformer_submodules', 'num_attention_heads'],
    ...['num_layers', 'encoder_hidden_size', 'prefix_projection'],
  ]);
  const places = attentionsOf(model);
  const width = places[0].layer.keyValueWidth;
  const length = wholeNumber('num_virtual_tokens', config.num_virtual_tokens);
  const expect = (key: string, want: number | string, why: string): void => {
    if ((config[key] ?? want) === want) return;
    throw new DataError(
      FILE,
      `${key} is ${JSON.stringify(config[key])}, but ${why} ${want}`,
      'Load its base model, of the class that it is for.',
    );
  };
  expect('token_dim', width, 'keys of the model are as wide as');
  expect('num_layers', places.length, "the model's layers are");
  expect('num_transformer_submodules', 1, 'parts of the model are');
  const hidden = flag(config, 'prefix_projection')
    ? wholeNumber('encoder_hidden_size', config.encoder_hidden_size ?? width)
    : null;
  const kind: AdapterKind = prefix({ length, ...(hidden !== null && !saved && { hidden }) });
  // One pattern, because layers share the network.
  const numbers = places.map(({ name }) => name.replace(/\d+/, '*'));
  const layers = Object.fromEntries([...new Set(numbers)].map((name) => [name, kind]));
  const tensors = places.map(({ name }, n) => ({
    ...{ names: [PROMPT], shape: [length, 2 * width * places.length], from: 0, order: null },
    ...{ ours: `${name}.prefix.keyValues`, columns: [2 * width * n, 2 * width] as const },
  }));
  const task = isPooled(model) ? 'SEQ_CLS' : 'CAUSAL_LM';
  expect('task_type', task, 'the model is for');
  return withHeads({ layers, tensors }, modules, model);
}

/** What is at attentions, as PEFT writes it. Throws `EngineError` where not all have the same kind of prefix. */
export function writePrefix(
  placed: readonly { readonly site: AttentionPlace; readonly rows: KeyValueAddition }[],
  model: object,
  read: (parameter: { readonly name: string }) => Float32Array,
) {
  const places = attentionsOf(model);
  const length = placed[0].rows.rows;
  const all = places.map(({ name, layer }) => {
    const rows = placed.find(({ site }) => site.layer === layer)?.rows;
    if (rows?.rows === length && (rows instanceof Prefix || rows instanceof ProjectedPrefix)) return rows;
    throw new EngineError(
      'savePeft',
      `${name} has no prefix of ${length} rows`,
      'PEFT has one on each layer.',
    );
  });
  const width = places[0].layer.keyValueWidth;
  const columns = 2 * width * places.length;
  const data = new Float32Array(length * columns);
  for (const [n, rows] of all.entries()) {
    const own = rows instanceof Prefix ? read(rows.keyValues) : projected(rows, read);
    for (let p = 0; p < length; p++)
      data.set(own.subarray(2 * width * p, 2 * width * (p + 1)), p * columns + 2 * width * n);
  }
  const [first] = all;
  const hidden = first instanceof ProjectedPrefix ? first.output.inputs : null;
  return {
    settings: {
      ...{ peft_type: 'PREFIX_TUNING', num_virtual_tokens: length, token_dim: width },
      ...{ num_transformer_submodules: 1, num_attention_heads: places[0].layer.heads },
      ...{
        num_layers: places.length,
        prefix_projection: hidden !== null,
        encoder_hidden_size: hidden ?? width,
      },
    },
    tensors: new Map([[PROMPT, { shape: [length, columns], data }]]),
  };
}

/** The keys and values that a network makes, in float64. */
function projected(
  { network: { table, inner }, output }: ProjectedPrefix,
  read: (parameter: { readonly name: string }) => Float32Array,
): Float32Array {
  const made = throughLinear(Float64Array.from(read(table)), inner, read).map(Math.tanh);
  return Float32Array.from(throughLinear(made, output, read));
}
