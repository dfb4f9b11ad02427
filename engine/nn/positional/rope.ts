import { DataError } from '../../errors';
import type { RopeScaling } from '../../shaders/rope/frequencies';

type Json = Readonly<Record<string, unknown>>;

/**
 * The base of the rotary frequencies in a parsed Hugging Face config.json: `rope_theta`, or the one within
 * `rope_parameters`. Default 10,000.
 */
export function ropeThetaFromConfig(config: Json): number {
  const given = config.rope_theta ?? inner(config)?.rope_theta ?? 10_000;
  if (typeof given !== 'number') throw new DataError('config.json', 'rope_theta is no number');
  return given;
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
