/** Parameters of a model that adapters are beside. */
import { asHex, fnv1a, fnv1aOfText } from '../../hash';
import { float32ToFloat16 } from '../../runtime/half';
import type { Parameter } from '../parameter';
import type { ParameterStore } from '../parameter_store';

/** Of frozen parameters: by how many adapters, and whether they trained before. */
const frozen = new WeakMap<Parameter, { adapters: number; readonly trained: boolean }>();

/** The parameter does not train until what this returns is called, for each adapter. */
export function freeze(parameter: Parameter): () => void {
  const entry = frozen.get(parameter) ?? { adapters: 0, trained: parameter.trainable };
  frozen.set(parameter, entry);
  entry.adapters++;
  parameter.trainable = false;
  return () => {
    if (--entry.adapters > 0) return;
    frozen.delete(parameter);
    parameter.trainable = entry.trained;
  };
}

/** Whether it trains where there is no adapter. */
export const trainsAlone = (parameter: Parameter): boolean =>
  frozen.get(parameter)?.trained ?? parameter.trainable;

/** Numbers of each weight that a fingerprint has. */
const PRINTED = 64;

/**
 * Tells one set of weights from another, however they are stored: a hash of every name and shape and the first
 * numbers of each, rounded to f16.
 */
export async function fingerprint(base: ParameterStore): Promise<string> {
  let hash = fnv1a([]);
  for (const [name, first] of await base.readFirst(PRINTED)) {
    hash = fnv1aOfText(`${name} ${base.parameters.get(name)!.shape.join(' ')}`, hash);
    hash = fnv1a(float32ToFloat16(first), hash);
  }
  return asHex(hash);
}
