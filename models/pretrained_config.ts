/** Reads a Hugging Face config.json, for models that are opened as they are. */
import { DataError, type Activation } from '../engine/index';

export type Json = Readonly<Record<string, unknown>>;

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu: 'gelu',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

export function numberIn(config: Json, key: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (typeof value !== 'number') throw new DataError('config.json', `${key} is missing or no number`);
  return value;
}

export function activationIn(config: Json, key: string, fallback: string): Activation {
  const given = config[key];
  const name = typeof given === 'string' ? given : fallback;
  const activation = ACTIVATIONS[name];
  if (!activation) {
    throw new DataError(
      'config.json',
      `${key} is "${name}"`,
      `Known are ${Object.keys(ACTIVATIONS).join(', ')}.`,
    );
  }
  return activation;
}

/** Throws `DataError` for a setting that would change the numbers silently. */
export function refuse(config: Json, key: string, allowed: readonly unknown[]): void {
  const value = config[key];
  if (value !== undefined && value !== null && !allowed.includes(value)) {
    throw new DataError(
      'config.json',
      `${key} is ${JSON.stringify(value)}`,
      'This variant is not supported.',
    );
  }
}
