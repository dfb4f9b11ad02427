import { DeviceError, EngineError, formatBytes, ShapeError, type Device } from '../../engine/index';
import { isWhole } from '../option_checks';
import type { Decoder } from './decoder';

/** What caches take at most, if nobody asks for more. */
const CACHE_BYTES = 512 << 20;

/**
 * Bytes of one token of one row in all caches, and in the largest of them; and how many tokens the model can go on for. Layers
 * whose state has one size take none for a token.
 */
function tokenBytes(model: Decoder) {
  const caches = model.caches(1).flatMap(({ self }) => ('keys' in self ? [self] : []));
  const [first] = caches;
  const ahead = model.ahead ?? 0;
  const capacity = first ? first.keys.shape[1] - first.prefix - ahead : model.config.context - ahead;
  const each = caches.map(({ keys }) => (4 * keys.size) / keys.shape[1]);
  const largest = Math.max(...each, 1);
  return { capacity, largest, all: Math.max(1, 2 * each.reduce((a, b) => a + b, 0)) };
}

export const cacheBytes = (model: Decoder, tokens: number): number => tokens * tokenBytes(model).all;

/** How many tokens the caches of `rows` hold, as asked or by default; throws for more than the model or the device has. */
export function cacheContext(device: Device, model: Decoder, asked: number | undefined, rows = 1): number {
  const { context } = model.config;
  const { capacity, largest, all } = tokenBytes(model);
  const binding = device.can.maxBinding;
  const fits = Math.floor(binding / (rows * largest));
  const most = Math.max(1, Math.min(fits, Math.floor(CACHE_BYTES / (rows * all))));
  if (asked === undefined) return Math.min(capacity, most);
  if (!Number.isInteger(asked) || asked < 2 || asked > context) {
    throw new ShapeError('KV cache', `context is ${asked}`, `Use 2 to ${context}, the model's context.`);
  }
  model.caches(1, { target: asked }); // or throws
  if (asked > fits) {
    throw new DeviceError(
      'KV cache',
      `${asked} tokens${rows > 1 ? ` in ${rows} rows` : ''} take ${formatBytes(asked * rows * all)}, ${formatBytes(asked * rows * largest)} of it in ` +
        `one buffer, more than a binding's ${formatBytes(binding)}`,
      `This device holds a context of at most ${fits}: pass { context: ${Math.min(fits, asked)} } or less.`,
    );
  }
  return asked;
}

/** How many tokens of a source the caches hold, as asked or the model's context; throws for more, and for models without one. */
export function sourceContext(where: string, model: Decoder, asked: number | undefined): number {
  const { context, sourceContext: rows = context, sourceShape } = model.config;
  if (asked === undefined) return rows;
  if (!model.encode) {
    throw new EngineError(where, `source is ${asked}, but this model has no source`, 'Leave it out.');
  }
  if (sourceShape) {
    const what = `source is ${asked}, but all sources of this model are ${sourceShape.join(' × ')} numbers`;
    throw new EngineError(where, what, 'Leave it out.');
  }
  if (isWhole(asked, 1, rows)) return asked;
  throw new ShapeError(where, `source is ${asked}`, `Use 1 to ${rows}, the model's context.`);
}
