/**
 * What pages saved once and take up again, from files and from the browser's storage: described once, and checked here
 * before anything else sees it. Anybody may have edited a file.
 */
import * as v from 'valibot';
import { DataError } from '../../engine/index';

/** Whole numbers from 0, such as steps. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Whole numbers from 1, such as widths. */
export const size = v.pipe(count, v.minValue(1));
export const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
/** JSON writes null for what is not finite. */
const measured = v.pipe(
  v.nullable(v.number()),
  v.transform((x) => x ?? NaN),
);
/** Numbers at steps: validation losses, scores. */
export const points = v.array(
  v.pipe(
    v.tuple([count, measured]),
    v.transform(([step, value]): [step: number, value: number] => [step, value]),
  ),
);
export const losses = v.array(measured);
export const languages = v.tuple([v.string(), v.string()]);
export const bytes = v.instance(Uint8Array as unknown as new () => Uint8Array<ArrayBuffer>);

/** `value` as `shape` describes it. Throws a `DataError` that names the field, what it is and what it should be. */
export function checked<Shape extends v.GenericSchema>(
  where: string,
  shape: Shape,
  value: unknown,
  todo = 'Load a file that this page saved.',
): v.InferOutput<Shape> {
  const result = v.safeParse(shape, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? 'what the page saved';
  const wanted = issue.expected ? `, where ${issue.expected} is wanted` : '';
  throw new DataError(where, `${field} is ${issue.received}${wanted}`, todo);
}

/** The same of JSON. */
export function checkedJson<Shape extends v.GenericSchema>(
  where: string,
  shape: Shape,
  json: string,
): v.InferOutput<Shape> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new DataError(where, 'what the page saved is not JSON', 'Use another copy.', { cause });
  }
  return checked(where, shape, value);
}
