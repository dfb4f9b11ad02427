/** Prompt tuning and P-tuning by PEFT's settings and in its file. */
import { sitesOf } from '../../engine/adapters';
import {
  DataError,
  EngineError,
  Prompt,
  prompt,
  ProjectedPrompt,
  type PromptAddition,
  type TextStart,
  type Tokenizer,
} from '../../engine/index';
import { CausalLM } from '../causal_lm';
import type { Json } from '../pretrained_config';
import { Seq2SeqLM } from '../seq2seq_lm';
import { SequenceClassifier } from '../text_heads';
import { PROMPT } from './file_names';
import { withHeads } from './heads';
import { expectSettings, wholeNumber } from './lora_config';
import type { TheirModules } from './modules';
import type { PeftPlan } from './peft_tensor';
import { throughLinear } from './through_linear';

const FILE = 'adapter_config.json';

/** Kinds of PEFT whose virtual tokens stand before embeddings. */
export const PROMPTS = ['PROMPT_TUNING', 'P_TUNING'];

const refuse = (key: string, value: unknown, todo: string): never => {
  throw new DataError(FILE, `${key} is ${JSON.stringify(value) ?? 'missing'}`, todo);
};

/** What PEFT calls what a model is for, where it has virtual tokens for that. Throws `DataError` for others. */
function taskOf(type: unknown, model: object): 'CAUSAL_LM' | 'SEQ_CLS' | 'SEQ_2_SEQ_LM' {
  if (model instanceof CausalLM) return 'CAUSAL_LM';
  if (model instanceof SequenceClassifier) return 'SEQ_CLS';
  if (model instanceof Seq2SeqLM) return 'SEQ_2_SEQ_LM';
  const what = `peft_type is ${JSON.stringify(type)}, but virtual tokens are done of language models, of encoder-decoders and of encoders with classes of whole texts, such as BERT's, and this model is none`;
  throw new DataError(FILE, what, 'Classes by GPT-2, Llama or T5 are not done: take LoRA here.');
}

/** Where virtual tokens of a model stand. */
function startOf(model: object): TextStart {
  const start = sitesOf(model).get('prompt');
  if (start && 'start' in start) return start;
  throw new EngineError('prompt', 'the model has no place for virtual tokens', 'Take another kind.');
}

/** What a plan of virtual tokens needs to know besides its configuration. */
export interface PromptContext {
  readonly model: object;
  readonly modules: TheirModules;
  /** A file has the virtual tokens that a network made, not the network, and nothing of how they began. */
  readonly saved: boolean;
  /** Of the text that `prompt_tuning_init_text` is. */
  readonly tokenizer: Tokenizer | null;
}

/** Throws `DataError` for settings that cannot be or are not done. */
export function promptPlan(config: Json, context: PromptContext): PeftPlan {
  const { peft_type: type } = config;
  const { model, saved } = context;
  const own = type === 'P_TUNING' ? NETWORK : TEXT;
  expectSettings(config, [
    ...['num_virtual_tokens', 'token_dim', 'num_transformer_submodules', 'num_attention_heads', 'num_layers'],
    ...own,
  ]);
  const task = taskOf(type, model);
  if ((config.task_type ?? task) !== task)
    refuse('task_type', config.task_type, `The model's is ${task}: load the class that the adapter is for.`);
  const [vocabulary, width] = startOf(model).start.table.shape;
  const length = wholeNumber('num_virtual_tokens', config.num_virtual_tokens);
  if ((config.token_dim ?? width) !== width)
    refuse('token_dim', config.token_dim, `Embeddings of the model are ${width} wide: load its base model.`);
  // Those of encoder-decoders have rows for the decoder, too, which PEFT does not read.
  const usual = task === 'SEQ_2_SEQ_LM' ? 2 : 1;
  const submodules = config.num_transformer_submodules ?? usual;
  if (![1, usual].includes(submodules as number))
    refuse('num_transformer_submodules', submodules, `It must be ${usual}.`);
  const begins = saved
    ? {}
    : type === 'P_TUNING'
      ? networkOf(config, width)
      : textOf(config, context, vocabulary);
  const rows = { names: [PROMPT], shape: [length * (submodules as number), width], from: 0, order: null };
  const tensor = { ...rows, ours: 'prompt.prompt.embeddings', rows: length };
  const layers = { prompt: prompt({ length, ...begins }) };
  return withHeads({ layers, tensors: [tensor] }, context.modules, model);
}

const NETWORK = [
  ...['encoder_reparameterization_type', 'encoder_hidden_size', 'encoder_num_layers', 'encoder_dropout'],
];
const TEXT = ['prompt_tuning_init', 'prompt_tuning_init_text', 'tokenizer_name_or_path', 'tokenizer_kwargs'];

/** The network of P-tuning. PEFT's MLP has three layers and no dropout, whatever else is said. */
function networkOf(config: Json, width: number) {
  const { encoder_reparameterization_type: type = 'MLP' } = config;
  if (type !== 'MLP') {
    const todo = "An LSTM is not done: 'MLP' is. Its virtual tokens can be read from a file.";
    refuse('encoder_reparameterization_type', type, todo);
  }
  return { hidden: wholeNumber('encoder_hidden_size', config.encoder_hidden_size ?? width) };
}

/** How virtual tokens begin: at random, or as the embeddings of a text. */
function textOf(config: Json, { tokenizer }: PromptContext, vocabulary: number) {
  const { prompt_tuning_init: init = 'RANDOM', prompt_tuning_init_text: text } = config;
  if (init === 'RANDOM') return {};
  if (init !== 'TEXT') refuse('prompt_tuning_init', init, 'It must be RANDOM or TEXT.');
  if (typeof text !== 'string' || text === '')
    return refuse('prompt_tuning_init_text', text, "Give the text, or say prompt_tuning_init: 'RANDOM'.");
  if (!tokenizer) refuse('prompt_tuning_init', init, "Give adaptPeft the base's tokenizer.");
  const ids = Array.from(tokenizer!.encode(text));
  const above = ids.find((id) => id >= vocabulary);
  if (ids.length === 0 || above !== undefined) {
    const what = above === undefined ? 'no token' : `the id ${above}, of a vocabulary of ${vocabulary}`;
    refuse(
      'prompt_tuning_init_text',
      text,
      `The tokenizer makes ${what} of it: give another, or the base's own.`,
    );
  }
  return { ids };
}

/** Virtual tokens as PEFT writes them, by the settings that read them again. */
export function writePrompt(
  rows: PromptAddition,
  model: object,
  read: (parameter: { readonly name: string }) => Float32Array,
) {
  const learnt = rows instanceof Prompt ? read(rows.embeddings) : null;
  if (!learnt && !(rows instanceof ProjectedPrompt))
    throw new EngineError('savePeft', 'the virtual tokens are of another kind', 'Use prompt.');
  const type = learnt ? 'PROMPT_TUNING' : 'P_TUNING';
  const network = rows as ProjectedPrompt;
  const [, width] = startOf(model).start.table.shape;
  const task = taskOf(type, model);
  const settings = {
    ...{ peft_type: type, task_type: task, num_virtual_tokens: rows.rows, token_dim: width },
    // Of an encoder-decoder, too: PEFT reads no rows for its decoder.
    num_transformer_submodules: 1,
    ...(learnt
      ? { prompt_tuning_init: 'RANDOM' }
      : { encoder_reparameterization_type: 'MLP', encoder_hidden_size: network.inner.outputs }),
  };
  const data = learnt ?? madeBy(network, read);
  return { settings, tensors: new Map([[PROMPT, { shape: [rows.rows, width], data }]]) };
}

/** The virtual tokens that a network makes, in float64. */
function madeBy(
  { table, inner, middle, output }: ProjectedPrompt,
  read: (parameter: { readonly name: string }) => Float32Array,
): Float32Array {
  const relu = (x: Float64Array): Float64Array => x.map((v) => Math.max(0, v));
  const first = relu(throughLinear(Float64Array.from(read(table)), inner, read));
  return Float32Array.from(throughLinear(relu(throughLinear(first, middle, read)), output, read));
}
