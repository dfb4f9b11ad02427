import { EngineError } from '../../../engine/index';
import { add } from './add';
import { brackets } from './brackets';
import { copy, reverse, sort } from './rows';
import type { Task } from './task';

export type TaskName = 'sort' | 'reverse' | 'copy' | 'add' | 'brackets';
export type SettingName = 'length' | 'digits' | 'kinds' | 'depth';
export type TaskValues = Readonly<Partial<Record<SettingName, number>>>;

/** A whole number that a task can be made with. */
export interface Setting {
  readonly name: SettingName;
  readonly min: number;
  readonly max: number;
  readonly value: number;
}

/** A model and a training that do well with a task as it usually is. */
export interface Course {
  readonly layers: number;
  readonly heads: number;
  /** Examples in a batch. */
  readonly batch: number;
  readonly rate: number;
  /** Updates after which it gives up. */
  readonly steps: number;
}

/** Held-out examples that the page shows. */
export const EXAMPLES = 6;

/** Numbers a token: a multiple of every number of heads on offer. */
export const WIDTH = 48;

interface Offer {
  readonly settings: readonly Setting[];
  readonly course: Course;
  readonly make: (values: Readonly<Record<SettingName, number>>) => Task;
}

const ROW: readonly Setting[] = [
  { name: 'length', min: 3, max: 12, value: 6 },
  { name: 'digits', min: 4, max: 10, value: 10 },
];
/** Looking up takes one head; with more of them, several learn the same. */
const LOOK_UP: Course = { layers: 2, heads: 1, batch: 64, rate: 4e-3, steps: 3000 };
/** What takes more than looking up is learnt in fewer steps from more examples at once. */
const WORK_OUT: Course = { ...LOOK_UP, heads: 4, batch: 128, rate: 6e-3 };

export const TASKS: Readonly<Record<TaskName, Offer>> = {
  sort: { settings: ROW, course: WORK_OUT, make: sort },
  reverse: { settings: ROW, course: LOOK_UP, make: reverse },
  copy: { settings: ROW, course: LOOK_UP, make: copy },
  add: { settings: [{ name: 'digits', min: 2, max: 4, value: 2 }], course: WORK_OUT, make: add },
  brackets: {
    settings: [
      { name: 'length', min: 6, max: 16, value: 8 },
      { name: 'kinds', min: 1, max: 3, value: 2 },
      { name: 'depth', min: 2, max: 6, value: 2 },
    ],
    course: WORK_OUT,
    make: brackets,
  },
};

export const TASK_NAMES = Object.keys(TASKS) as TaskName[];

/** A task by its settings; those that are not given are as usual. Throws an `EngineError` for others than it offers. */
export function makeTask(name: TaskName, values: TaskValues = {}): Task {
  const { settings, make } = TASKS[name];
  const all: Partial<Record<SettingName, number>> = {};
  for (const { name: setting, min, max, value: usual } of settings) {
    const value = values[setting] ?? usual;
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new EngineError(name, `${setting} is ${value}`, `Use a whole number from ${min} to ${max}.`);
    }
    all[setting] = value;
  }
  return make(all as Readonly<Record<SettingName, number>>);
}
