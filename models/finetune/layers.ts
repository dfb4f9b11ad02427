/** Which layers of a model learn, and how fast. */
import { EngineError, parameters, type Rates } from '../../engine/index';

/** What is below all layers of a model: tables, and the norm of what they give. */
const BELOW = /^(tokens|positions|segments|norm|projection)\b|^stack\.distances\b/;
/** All but heads. */
export const BODY = /^(stack|tokens|positions|segments|norm|projection)\b/;
const LAYER = /^stack\.layers\.(\d+)\./;

/** Numbers of a model's layers, in order; one for ALBERT, whose layers are one. */
function layersOf(where: string, model: object): number[] {
  const found = new Set<number>();
  for (const name of parameters(model).keys()) {
    const layer = LAYER.exec(name);
    if (layer) found.add(Number(layer[1]));
  }
  if (found.size > 0) return [...found].sort((a, b) => a - b);
  throw new EngineError(where, 'the model has no stack of layers', 'Name its parameters yourself.');
}

/**
 * Shares of the learning rate that fall from layer to layer (Clark et al. 2020, Howard and Ruder 2018): 1 for heads, `decay` for the last
 * layer, decay² for the one below it, and so on to the tables of tokens and positions, which have the least. For `Run.create({ rates })`.
 */
export function layerwiseRates(model: object, decay: number): Rates {
  if (!(decay > 0 && decay <= 1))
    throw new EngineError('layerwiseRates', `decay is ${decay}`, 'Use a number above 0, up to 1.');
  const layers = layersOf('layerwiseRates', model);
  const rates: Record<string, number> = {};
  for (const name of parameters(model).keys()) {
    const layer = LAYER.exec(name);
    if (BELOW.test(name)) rates[name] = decay ** (layers.length + 1);
    else if (layer)
      rates[`stack.layers.${layer[1]}`] = decay ** (layers.length - layers.indexOf(Number(layer[1])));
  }
  return rates;
}

/**
 * Freezes the tables of a model and its lowest `layers`, or 'body', all but its head; what it returns lets them learn again. Frozen weights have no
 * gradients and no moments, and the backward pass ends above them. Trainers that are made later know it.
 *
 * Throws `EngineError` for more layers than there are.
 */
export function freezeLayers(model: object, layers: number | 'body'): () => void {
  const all = layersOf('freezeLayers', model);
  if (layers !== 'body' && !(Number.isInteger(layers) && layers >= 0 && layers <= all.length)) {
    const what = `layers is ${String(layers)}, of ${all.length}`;
    throw new EngineError('freezeLayers', what, `Use 0 to ${all.length}, or 'body'.`);
  }
  const frozen = [...parameters(model)].filter(([name, { trainable }]) => {
    if (!trainable) return false;
    if (layers === 'body') return BODY.test(name);
    const layer = LAYER.exec(name);
    return layer ? all.indexOf(Number(layer[1])) < layers : BELOW.test(name);
  });
  for (const [, parameter] of frozen) parameter.trainable = false;
  return () => {
    for (const [, parameter] of frozen) parameter.trainable = true;
  };
}
