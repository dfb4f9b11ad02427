/** Which of an app's families a folder is of. */
import { EngineError } from '../../engine/index';
import { modelType, type Json } from '../pretrained_config';
import type { AnyFamily } from './family';

/** The list that was given; throws `EngineError` for none, and for one that is there twice. */
export function expectFamilies<F extends AnyFamily>(where: string, given: readonly F[]): readonly F[] {
  const families = Array.from(Object(given) as readonly F[]);
  if (families.length > 0 && new Set(families).size === families.length) return families;
  const what = `families are [${families.map((one) => one.type).join(', ')}]`;
  throw new EngineError(where, what, 'Give at least one, and each once.');
}

/**
 * The family that a config.json describes: of several of its type the one of its architecture. `more` is what else to do
 * where none fits. Throws `DataError` as `modelType`.
 */
export function familyOf<F extends AnyFamily>(families: readonly F[], config: Json, more = ''): F {
  const types: Record<string, string[]> = {};
  for (const { type, architectures } of families) (types[type] ??= []).push(...architectures);
  const type = modelType(config, 'This app', types, more);
  const alike = families.filter((one) => one.type === type);
  const [named] = [config.architectures].flat().map((name) => String(name).replace(/^(TF|Flax)/, ''));
  return (
    alike.find(({ architectures: [first] }) => first === named) ??
    alike.find(({ architectures }) => architectures.includes(named)) ??
    alike[0]
  );
}
