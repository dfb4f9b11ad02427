import { DataError } from '../../errors';
import type { RopeScaling } from '../../shaders/rope/frequencies';

type Json = Readonly<Record<string, unknown>>;

const KINDS: readonly unknown[] = ['default', 'linear', 'dynamic', 'yarn', 'llama3'];
/** What may stand beside the kind of scaling; anything else would change the frequencies in a way that is not known here. */
const KNOWN: readonly string[] = [
  ...[
    'rope_type',
    'type',
    'rope_theta',
    'factor',
    'original_max_position_embeddings',
    'attention_factor',
    'truncate',
  ],
  ...[
    'beta_fast',
    'beta_slow',
    'mscale',
    'mscale_all_dim',
    'low_freq_factor',
    'high_freq_factor',
    'finetuned',
  ],
];

/**
 * The base of the rotary frequencies in a parsed Hugging Face config.json: `rope_theta`, or the one within
 * `rope_parameters`. Default 10,000.
 */
export function ropeThetaFromConfig(config: Json): number {
  const given = config.rope_theta ?? inner(config)?.rope_theta ?? 10_000;
  if (typeof given === 'number' && given > 1 && given < Infinity) return given;
  const what = `rope_theta is ${JSON.stringify(given)}`;
  throw new DataError('config.json', what, 'It must be a finite number above 1.');
}

/**
 * What a parsed Hugging Face config.json says of rotary scaling, in `rope_scaling` or `rope_parameters`; null where it
 * says nothing. Throws `DataError` on kinds that are unknown here and on numbers that are missing.
 */
export function ropeScalingFromConfig(config: Json): RopeScaling | null {
  const json = inner(config);
  if (!json) return null;
  const type = json.rope_type ?? json.type ?? 'default';
  const optional = (key: string): number | undefined => {
    const value = json[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number') return value;
    throw new DataError(
      'config.json',
      `${key} of rope_scaling is ${JSON.stringify(value)}`,
      'It must be a number.',
    );
  };
  const required = (key: string): number => {
    const value = optional(key);
    if (value !== undefined) return value;
    throw new DataError('config.json', `rope_scaling of type ${JSON.stringify(type)} has no ${key}`);
  };
  const strange = Object.keys(json).find(
    (key) => !KNOWN.includes(key) && json[key] !== null && !isWhole(key, json[key]),
  );
  if (strange !== undefined && KINDS.includes(type)) {
    throw new DataError(
      'config.json',
      `rope_scaling of type ${JSON.stringify(type)} has ${strange}: ${JSON.stringify(json[strange])}`,
      'The frequencies that this makes are not known here.',
    );
  }
  const context = (): number => {
    const value = config.max_position_embeddings;
    if (typeof value === 'number') return value;
    throw new DataError('config.json', 'max_position_embeddings is missing, which rope_scaling needs');
  };
  switch (type) {
    case 'default':
      return null;
    case 'linear':
      return { type: 'linear', factor: required('factor') };
    case 'dynamic':
      return { type: 'dynamic', factor: required('factor'), originalContext: context() };
    case 'yarn': {
      const originalContext = optional('original_max_position_embeddings') ?? context();
      const factor = optional('factor') ?? context() / originalContext;
      const betaFast = optional('beta_fast');
      const betaSlow = optional('beta_slow');
      const attentionFactor = optional('attention_factor') ?? mscaled(factor, optional);
      return {
        type: 'yarn',
        factor,
        originalContext,
        ...(betaFast && { betaFast }),
        ...(betaSlow && { betaSlow }),
        ...(attentionFactor !== undefined && { attentionFactor }),
        ...(json.truncate === false && { truncate: false }),
      };
    }
    case 'llama3':
      return {
        type: 'llama3',
        factor: required('factor'),
        lowFrequencyFactor: required('low_freq_factor'),
        highFrequencyFactor: required('high_freq_factor'),
        originalContext: required('original_max_position_embeddings'),
      };
    default:
      throw new DataError(
        'config.json',
        `rope_scaling is of type ${JSON.stringify(type)}`,
        'Known are default, linear, dynamic, yarn and llama3.',
      );
  }
}

/** Heads that rotate as a whole. */
const isWhole = (key: string, value: unknown): boolean => key === 'partial_rotary_factor' && value === 1;

function inner(config: Json): Json | null {
  const given = config.rope_scaling ?? config.rope_parameters ?? null;
  if (given === null || (typeof given === 'object' && !Array.isArray(given))) return given as Json | null;
  throw new DataError('config.json', `rope_scaling is ${JSON.stringify(given)}`, 'It must be an object.');
}

/** DeepSeek's two scales, whose quotient is what cos and sin grow by. */
function mscaled(factor: number, optional: (key: string) => number | undefined): number | undefined {
  const [scale, all] = [optional('mscale'), optional('mscale_all_dim')];
  if (!scale || !all) return undefined;
  const grown = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  return grown(scale) / grown(all);
}
