/** Models of the fixtures of heads, as their families describe them: nothing is read but names and shapes. */
import type { WeightSource } from '../../engine/index';
import { families } from '../../models/families/index';
import { describe, type AnyFamily, type Family } from '../../models/family/family';
import type { Json } from '../../models/pretrained_config';
import albert from '../fixtures/albert.json';
import answers from '../fixtures/decoder-answers.json';
import sequences from '../fixtures/decoder-sequences.json';
import tokens from '../fixtures/decoder-tokens.json';
import distilbert from '../fixtures/distilbert-heads.json';
import electra from '../fixtures/electra.json';
import mpnet from '../fixtures/mpnet.json';
import roberta from '../fixtures/roberta-heads.json';

/** What a fixture tells of a model. */
export interface Told {
  readonly config: Json;
  readonly parameters: Readonly<Record<string, { readonly shape: readonly number[] }>>;
}

const all = [albert, answers, distilbert, electra, mpnet, roberta, sequences, tokens];

/** By their names there. */
export const told = Object.assign({}, ...all.map((about) => about.families)) as Readonly<
  Record<string, Told>
>;

const sourceOf = ({ parameters: given }: Told): WeightSource => ({
  names: () => Object.keys(given),
  info: (name) => ({ shape: given[name].shape }),
  float32: () => Promise.reject(new Error('nothing is read')),
});

/** With changed settings; with a seed for a new head. */
export const open = (family: AnyFamily, model: Told, changes: Json = {}, seed: number | null = null) =>
  describe(family as unknown as Family<object>, { ...model.config, ...changes }, sourceOf(model), seed);

/** The family whose own class this is. */
export const familyOf = (architecture: string): AnyFamily =>
  (families as readonly AnyFamily[]).find(({ architectures: [first] }) => first === architecture)!;

/** That of a model. */
export const ownFamily = ({ config: { architectures } }: Told): AnyFamily =>
  familyOf((architectures as string[])[0]);
