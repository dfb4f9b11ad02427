/** Sounds and a tiny Whisper that need no file, see tests/fixtures/make_speech.py. */
import type { Graph, Tensor } from '../../engine/index';
import type { Whisper } from '../../models/index';
import { normalTensor } from '../fixtures/portable';
import about from '../fixtures/speech.json';
import { fixtureOf } from './family_fixture';
import type { FamilyFixture, Inputs } from './family_parity';
import { checkpointOf } from './folders';

const RATE = 16_000;
const record = about.families.whisper;
export const cases: Readonly<Record<string, SpeechCase>> = record.cases as never;
export const results: Readonly<Record<string, SpeechResult>> = record.results;

export interface SpeechCase {
  /** Which sound. */
  readonly sound: number;
  readonly length: number;
  /** Of Transformers' generate. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What `ids` come behind; empty of long sounds. */
  readonly begin: readonly number[];
  readonly ids: readonly number[];
  /** Of the segments of long sounds. */
  readonly times?: readonly (readonly [number, number])[];
}

interface SpeechResult {
  readonly text: string;
  readonly chunks?: readonly { readonly text: string; readonly timestamp: readonly (number | null)[] }[];
}

/** Tones that come and go, one of them very quiet, and silence. */
export const tones = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, n) => {
    const t = n / RATE;
    const loud = t % 0.5 < 0.2 ? 0.6 * Math.sin(2 * Math.PI * 440 * t) : 0;
    return t % 1 < 0.8 ? loud + 3e-5 * Math.sin(2 * Math.PI * 3000.5 * t) : 0;
  });

export const noise = (length: number): Float32Array => normalTensor('noise', [length], 0.05, about.seed);

/** A sound of a case. */
export const soundOf = ({ sound, length }: SpeechCase): Float32Array =>
  normalTensor(`sound.${sound}`, [length], 0.1, about.seed).map(
    (x, t) => x * (0.02 + Math.abs(Math.sin(t / (900 + 137 * sound)))),
  );

const STEPS = 10;
export const { config } = record;
const M = config.num_mel_bins;

/** What `parity` needs. */
export function speechFixture(): FamilyFixture {
  const found = fixtureOf(about, 'whisper', 'speech.safetensors');
  const shape = [STEPS, about.shape.B, M, 2 * config.max_source_positions];
  return {
    ...found,
    noisy: /^$/,
    tensors: async () =>
      new Map([
        ...(await found.tensors()),
        ['mel', { shape, data: normalTensor('mel', shape, 1, about.seed) }],
      ]),
    inputs: ['mel', 'target', 'labels'],
    forward: (model: Whisper, g, { mel, target }) => model.forward(g, mel, null, target),
    hidden: (model: Whisper, g, { mel, target }) => {
      const { encoder, decoder } = model.hidden(g, mel, null, target);
      const named = (kind: string, states: readonly Tensor[]) =>
        states.map((x, n) => [`hidden.${kind}.${n}`, x] as const);
      return Object.fromEntries([...named('encoder', encoder), ...named('decoder', decoder)]);
    },
    loss: (model: Whisper, g: Graph, { mel, target, labels }: Inputs<Tensor>) =>
      model.loss(g, mel, null, target, labels),
  };
}

/** The files of the folder. */
export async function speechFiles() {
  const { weights } = speechFixture();
  return {
    'config.json': config,
    'generation_config.json': record.generation,
    'preprocessor_config.json': { ...record.extractor, feature_extractor_type: 'WhisperFeatureExtractor' },
    'tokenizer.json': record.tokenizer,
    'tokenizer_config.json': {},
    'model.safetensors': checkpointOf(await weights()),
  };
}
