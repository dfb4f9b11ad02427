import { EngineError, expectOptions } from '../errors';
import step from './step.wgsl';
import { writeField } from './uniforms';

/** What varies from one run of a plan to the next: `struct Step` in step.wgsl, whose `top_k` is `topK` here. */
export interface Step {
  readonly index: number;
  readonly seed: number;
  readonly position: number;
  readonly length: number;
  readonly lr: number;
  readonly correction1: number;
  readonly correction2: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
}

const DEFAULTS: Step = {
  index: 0,
  seed: 0,
  position: 0,
  length: 0,
  lr: 0,
  correction1: 1,
  correction2: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
};

const layout = step.uniforms['now'];

export const STEP_BYTES = layout.size;

/** Where the fields lie, by their names here. */
const FIELDS = layout.fields
  .map((field) => ({
    ...field,
    name: field.name.replace(/_(\w)/g, (_, first: string) => first.toUpperCase()) as keyof Step,
  }))
  .filter(({ name }) => Object.hasOwn(DEFAULTS, name)); // what is spare has no name

/** Between what real numbers are, where it is not all of them. */
const MOST = 3.4e38;
const RANGES: Partial<Record<keyof Step, readonly [least: number, most: number]>> = {
  temperature: [0, MOST],
  topP: [0, 1],
  minP: [0, 1],
};

/** Throws for a field that a step has not, or that cannot be what it is: of whole numbers a fraction would be cut off. */
export function expectStep(where: string, step: Partial<Step>): void {
  expectOptions<Partial<Step>>(where, step, DEFAULTS);
  for (const { name, type } of FIELDS) {
    const value = step[name];
    if (value === undefined) continue;
    if (type === 'u32') {
      if (value >>> 0 === value) continue;
      throw new EngineError(where, `${name} is ${value}`, 'Use a whole number from 0 to 4294967295.');
    }
    const [least, most] = RANGES[name] ?? [-MOST, MOST];
    if (Number.isFinite(value) && value >= least && value <= most) continue;
    throw new EngineError(where, `${name} is ${value}`, `Use a number from ${least} to ${most}.`);
  }
}

/** Writes `step` over the defaults into STEP_BYTES bytes, without allocating. */
export function writeStep(view: DataView, step: Partial<Step>): void {
  for (const field of FIELDS) writeField(view, field, step[field.name] ?? DEFAULTS[field.name]);
}

/** A field as `writeStep` wrote it. */
export function readStep(view: DataView, name: keyof Step): number {
  const { offset, type } = FIELDS.find((field) => field.name === name)!;
  return type === 'f32' ? view.getFloat32(offset, true) : view.getUint32(offset, true);
}
