/** Models and adapters of tests/fixtures/make_peft.py. */
import { Graph, saveSafetensors, sizeOf, type Device, type Objective, type Tensor } from '../../engine/index';
import { bloom } from '../../models/families/bloom';
import { bertForSequenceClassification } from '../../models/families/bert';
import { gpt2 } from '../../models/families/gpt2';
import { llama } from '../../models/families/llama';
import { t5 } from '../../models/families/t5';
import { load, type LoadOptions, type Pretrained } from '../../models/family/load';
import type { AnyFamily } from '../../models/family/family';
import type { GPT } from '../../models/gpt';
import type { Seq2SeqLM } from '../../models/seq2seq_lm';
import type { SequenceClassifier } from '../../models/text_heads';
import heads from '../fixtures/bert-heads.json';
import decoders from '../fixtures/decoders.json';
import modern from '../fixtures/gpt-modern.json';
import small from '../fixtures/gpt-small.json';
import { fixtureTensors, type FixtureName, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/peft.json';
import seq2seq from '../fixtures/seq2seq-t5.json';
import { numbersOf, type Inputs } from './family_parity';
import { fixtureOf } from './family_fixture';
import { checkpointOf, folderOf } from './folders';
import { portableWeights, type PortableParameter } from './parity';

export type Base =
  'gpt-small' | 'gpt-modern' | 'bert-heads/sequence' | 'decoders/bloom' | 'seq2seq-t5/t5-v1.1';
type Shapes = Readonly<Record<string, PortableParameter>>;

export interface PeftCase {
  readonly base: string;
  readonly inputs: string;
  /** adapter_config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Shapes of the file that PEFT writes. */
  readonly file: Readonly<Record<string, readonly number[]>>;
  /** What is trained. */
  readonly parameters: Shapes;
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
  /** How far torch's float32 is from float64, of which these are. */
  readonly float32: { readonly losses: number; readonly gradientNorms: number };
}

const shaped = (parameters: Shapes, prefix: string, seed: number): Map<string, FixtureTensor> =>
  new Map(
    [...portableWeights(parameters, prefix, seed)].map(([name, data]) => [
      name,
      { shape: [...parameters[name].shape], data },
    ]),
  );

const gptWeights = async (file: 'gpt-small' | 'gpt-modern', names: object) => {
  const all = await fixtureTensors(`${file}.safetensors`);
  return new Map(Object.keys(names).map((name) => [name, all.get(name)!]));
};

const bases: Record<
  Base,
  { family: AnyFamily; config: object; weights: () => Promise<Map<string, FixtureTensor>> }
> = {
  'gpt-small': {
    family: gpt2,
    config: { ...small.config, architectures: ['GPT2LMHeadModel'] },
    weights: () => gptWeights('gpt-small', small.parameters),
  },
  'gpt-modern': {
    family: llama,
    config: { ...modern.config, architectures: ['LlamaForCausalLM'] },
    weights: () => gptWeights('gpt-modern', modern.parameters),
  },
  'bert-heads/sequence': {
    family: bertForSequenceClassification,
    config: heads.heads.sequence.config,
    weights: () => Promise.resolve(shaped(heads.heads.sequence.parameters, 'sequence', heads.seed)),
  },
  'decoders/bloom': {
    family: bloom,
    config: decoders.families.bloom.config,
    weights: async () => new Map(await fixtureOf(decoders, 'bloom', 'decoders.safetensors').weights()),
  },
  'seq2seq-t5/t5-v1.1': {
    family: t5,
    config: seq2seq.families['t5-v1.1'].config,
    weights: async () => new Map(await fixtureOf(seq2seq, 't5-v1.1', 'seq2seq-t5.safetensors').weights()),
  },
};

export type AnyModel = { readonly config: object };

export async function openBase(
  name: string,
  device: Device,
  options: Partial<LoadOptions<AnyFamily>> = {},
): Promise<Pretrained<AnyModel>> {
  const { family, config, weights } = bases[name as Base];
  const files = { 'config.json': config, 'model.safetensors': checkpointOf(await weights()) };
  return (await load(folderOf(files), { device, families: [family], ...options })) as Pretrained<AnyModel>;
}

/** The adapter of a case as its folder, and what it begins with, without `base_model.model.`. */
export function folderOfCase(name: string, about: PeftCase) {
  const first = portableWeights(about.parameters, name, fixture.seed);
  const beginning = 'base_model.model.';
  const all = new Map<string, readonly number[]>(Object.entries(about.file));
  // PEFT 0.10 leaves biases of adapted layers out.
  for (const [own, { shape }] of Object.entries(about.parameters)) all.set(beginning + own, shape);
  // What PEFT writes of the base's tables has a test of its own.
  const own = [...all].filter(([key]) => !/(embed_tokens|lm_head)\.base_layer\.weight$/.test(key));
  const tensors = own.map(([key, shape]) => {
    const data = first.get(key.slice(beginning.length)) ?? new Float32Array(sizeOf(shape)).fill(NaN); // nobody reads it
    return { name: key, shape, data, dtype: 'F32' as const };
  });
  const files = {
    'adapter_config.json': about.config,
    'adapter_model.safetensors': saveSafetensors(tensors, { format: 'pt' }),
  };
  return { first, files, folder: folderOf(files) };
}

export type Given = Awaited<ReturnType<typeof readInputs>>;
const known = new Map<string, Promise<Given>>();

/** Inputs of step k by kind, shapes, and the model's answer to them; of which file of fixtures. */
export function inputsOf(kind: string, file: FixtureName = 'peft.safetensors'): Promise<Given> {
  const key = `${file} ${kind}`;
  const found = known.get(key) ?? readInputs(kind, file);
  known.set(key, found);
  return found;
}

async function readInputs(kind: string, file: FixtureName) {
  const all = await fixtureTensors(file);
  const own = [...all].flatMap(([name, tensor]) =>
    name.startsWith(`${kind}.`) ? [[name.slice(kind.length + 1), tensor] as const] : [],
  );
  const inputs = (g: Graph, labels: boolean): Inputs<Tensor> =>
    Object.fromEntries(
      own.flatMap(([name, { shape }]) =>
        labels || name !== 'labels' ? [[name, g.input(name, shape.slice(1), 'u32')]] : [],
      ),
    );
  return {
    step: (k: number): Record<string, Uint32Array> =>
      Object.fromEntries(
        own.map(([name, { data, shape }]) => {
          const size = data.length / shape[0];
          return [name, numbersOf(data.slice(k * size, (k + 1) * size)) as Uint32Array];
        }),
      ),
    logits: (model: object, g: Graph): Tensor => {
      const { ids, source, lengths, target } = inputs(g, false);
      if (kind === 'padded') return (model as SequenceClassifier).forward(g, ids, { lengths });
      return kind === 'seq2seq'
        ? (model as Seq2SeqLM).forward(g, source, lengths, target)
        : (model as GPT).forward(g, ids);
    },
    loss: (model: object, g: Graph): Tensor => {
      const { ids, source, lengths, target, labels } = inputs(g, true);
      if (kind === 'seq2seq') return (model as Seq2SeqLM).loss(g, source, lengths, target, labels);
      if (kind === 'padded') return (model as SequenceClassifier).loss(g, ids, labels, { lengths });
      return (model as GPT | SequenceClassifier).loss(g, ids, labels);
    },
  };
}

/** The model's answer to the first step of a kind. */
export async function logitsOf(
  device: Device,
  model: object,
  kind: string,
  file?: FixtureName,
): Promise<Float32Array> {
  const given = await inputsOf(kind, file);
  const g = new Graph(device);
  using plan = await g.compile({ y: given.logits(model, g) });
  const { labels: _, ...inputs } = given.step(0);
  plan.run(inputs);
  return await plan.read('y');
}

/** Its own loss, over a step's inputs. */
export const lossOf = ({ loss }: Given): Objective<Record<string, Uint32Array>, object> => ({
  ...{ shapes: 1, identity: {} },
  record: (g, _, model) => loss(model, g),
  feed: (inputs) => ({ shape: 0, inputs, labels: 1, tokens: 1 }),
});
