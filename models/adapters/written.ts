/** What `savePeft` makes of one kind of adapter. */
import type { NamedTensor } from '../../engine/index';
import type { Json } from '../pretrained_config';
import type { TheirLinear, TheirTable } from './modules';

/** Gives the numbers of one of an adapter's parameters. */
export type Read = (parameter: { readonly name: string }) => Float32Array;
export type Tensors = Map<string, Omit<NamedTensor, 'name' | 'dtype'>>;

/** What of a configuration and a file is of one kind. */
export interface Written {
  readonly linear: readonly TheirLinear[];
  readonly tables?: readonly TheirTable[];
  /** Names of those whose inputs have factors. */
  readonly inputs?: readonly string[];
  /** Beside what all kinds say. */
  readonly settings: Json;
  readonly tensors: Tensors;
}
