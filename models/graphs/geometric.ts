/** Weights under the names that PyTorch Geometric gives them. */
import {
  DataError,
  EngineError,
  expectOptions,
  formatShape,
  nearest,
  openSafetensors,
  parameters,
  ParameterStore,
  saveSafetensors,
  type Device,
  type FileSource,
  type NamedTensor,
} from '../../engine/index';
import { GAT, type GraphAttention } from '../gat';
import type { GraphClassifier, LinkPredictor } from './heads';

/** What PyTorch's module calls its parts. */
export interface GeometricNames {
  /** Of each layer: ['conv1', 'conv2']. Default: 'convs.0' and so on, as `torch_geometric.nn.GAT` has them. */
  readonly layers?: readonly string[];
  /** Of what stands outside of the layers, by our names' beginnings: { classifier: 'lin' }. Default: as here. */
  readonly others?: Readonly<Record<string, string>>;
}

/** Names of a layer's parameters, by ours. A list: names of one tensor, of which the first is written. */
function layerNames({ config, target }: GraphAttention): Record<string, readonly string[]> {
  const rest = { 'edge.weight': ['lin_edge.weight'], 'residual.weight': ['res.weight'], bias: ['bias'] };
  if (config.version === 1) {
    return {
      ...rest,
      'source.weight': ['lin.weight', 'lin_src.weight', 'lin_dst.weight'],
      attentionSource: ['att_src'],
      attentionTarget: ['att_dst'],
      attentionEdge: ['att_edge'],
    };
  }
  const both = (part: string): readonly string[] =>
    target ? [`lin_l.${part}`] : [`lin_l.${part}`, `lin_r.${part}`];
  return {
    ...rest,
    'source.weight': both('weight'),
    'source.bias': both('bias'),
    'target.weight': ['lin_r.weight'],
    'target.bias': ['lin_r.bias'],
    attention: ['att'],
  };
}

/**
 * Of each of a model's parameters, by our name, its names in a state dict of PyTorch Geometric; several are of one tensor. Throws
 * `EngineError` where not every layer has a name.
 */
export function geometricNames(
  model: GAT | GraphClassifier | LinkPredictor,
  names: GeometricNames = {},
  where = 'geometricNames',
): Map<string, readonly string[]> {
  const { layers, others = {} } = names;
  expectOptions(where, names, { layers, others });
  const gat = model instanceof GAT ? model : model.gat;
  const called = layers ?? gat.layers.map((_, i) => `convs.${i}`);
  if (called.length !== gat.layers.length) {
    const what = `${called.length} layers are named, but there are ${gat.layers.length}`;
    throw new EngineError(where, what, 'Name each layer.');
  }
  const out = new Map<string, readonly string[]>();
  for (const name of parameters(model).keys()) {
    const found = /^(?:gat\.)?layers\.(\d+)\.(.*)$/.exec(name);
    if (found) {
      const [, i, part] = found;
      const own = layerNames(gat.layers[Number(i)])[part];
      out.set(
        name,
        own.map((tail) => `${called[Number(i)]}.${tail}`),
      );
      continue;
    }
    const [head, ...tail] = name.split('.');
    out.set(name, [[others[head] ?? head, ...tail].join('.')]);
  }
  return out;
}

/**
 * Reads a state dict of PyTorch Geometric (`safetensors.torch.save_file(model.state_dict(), path)`) into a model: `GATConv` and
 * `GATv2Conv` of versions 2.0 to 2.8. Makes the model's store, which the caller owns, where it has none. Throws
 * `DataError` for tensors that are missing, left over or of another shape, before anything is written.
 */
export async function loadGeometric(
  device: Device,
  model: GAT | GraphClassifier | LinkPredictor,
  source: FileSource,
  names: GeometricNames = {},
): Promise<ParameterStore> {
  const where = 'loadGeometric';
  const map = geometricNames(model, names, where);
  const file = await openSafetensors(source);
  const there = new Set(file.names());
  const read = new Map<string, { readonly from: string; readonly copies: readonly string[] }>();
  const all = parameters(model);
  for (const [name, own] of map) {
    const present = own.filter((one) => there.delete(one));
    const [from, ...copies] = present;
    if (from === undefined) {
      const close = nearest(own[0], file.names(), 1);
      const todo =
        close.length > 0 ? `The closest is ${close[0]}. Say what layers are called: { layers }.` : '';
      throw new DataError(where, `${own[0]} is missing`, todo);
    }
    const { shape } = file.info(from);
    const want = all.get(name)!.shape;
    if (formatShape(shape) !== formatShape(want)) {
      throw new DataError(where, `${from} is ${formatShape(shape)}, the model’s ${formatShape(want)}`);
    }
    read.set(name, { from, copies });
  }
  if (there.size > 0) {
    const [first] = there;
    const what = `${there.size} tensors are left over (${first}${there.size > 1 ? ', …' : ''})`;
    throw new DataError(where, what, 'Make the model with the options that the file’s had.');
  }
  const data = new Map<string, Float32Array>();
  for (const [name, { from, copies }] of read) {
    const numbers = await file.float32(from);
    for (const copy of copies) {
      const other = await file.float32(copy);
      if (other.some((v, i) => v !== numbers[i]))
        throw new DataError(where, `${copy} differs from ${from}`, 'The model has one matrix for both.');
    }
    data.set(name, numbers);
  }
  const found = ParameterStore.of(device, model);
  const store = found ?? new ParameterStore(device, model, { init: 'none' });
  for (const [name, numbers] of data) store.write(name, numbers);
  await store.ready();
  return store;
}

/** A model's weights as a safetensors file, under the names of PyTorch Geometric since 2.5, f32. Throws `EngineError` where it has none. */
export async function saveGeometric(
  device: Device,
  model: GAT | GraphClassifier | LinkPredictor,
  names: GeometricNames = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const map = geometricNames(model, names, 'saveGeometric');
  const store = ParameterStore.of(device, model);
  if (!store) throw new EngineError('saveGeometric', 'the model has no weights', 'Train or load it first.');
  const all = await store.readAll('weights');
  const tensors: NamedTensor[] = [];
  for (const [name, own] of map) {
    const { shape } = store.parameters.get(name)!;
    // A shared matrix of GATv2 stands under both names there; GAT's is `lin` alone.
    const written = own.some((one) => one.endsWith('lin.weight')) ? own.slice(0, 1) : own;
    for (const one of written) tensors.push({ name: one, dtype: 'F32', shape, data: all.get(name)! });
  }
  return saveSafetensors(tensors);
}
