import type { Address } from '../../site/address';
import { element, finder, setText } from '../../view/dom';
import { Sliders, type Slider } from '../../view/sliders';
import type { TaskStrings } from '../english';
import type { TaskSettings } from '../session/protocol';
import { TASK_NAMES, TASKS, type SettingName, type TaskName } from '../tasks/tasks';

type ModelName = 'layers' | 'heads' | 'seed';

const MODEL: readonly Slider<ModelName>[] = [
  { id: 'layers', min: 1, max: 4, step: 1, value: 2 },
  { id: 'heads', min: 1, max: 4, step: 1, value: 2 },
  { id: 'seed', min: 1, max: 99, step: 1, value: 1 },
];

/** Sliders of a task's own, which stay as they are while another task is chosen. */
interface Own {
  readonly host: HTMLElement;
  readonly sliders: Sliders<string>;
}

/** The column of settings: which task, how hard, and which model learns it. */
export class CoursePanel {
  onChange: () => void = () => undefined;
  readonly #byId = finder();
  readonly #form = this.#byId<HTMLFormElement>('settings');
  readonly #own = new Map<TaskName, Own>();
  readonly #model = new Sliders(this.#byId('model'), MODEL);

  constructor() {
    this.#drawTasks();
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#byId('tasks').addEventListener('change', () => {
      this.#suggest();
      this.onChange();
    });
    this.#model.onInput = () => this.onChange();
    this.#choose(TASK_NAMES[0]);
  }

  get task(): TaskName {
    return this.#form.querySelector<HTMLInputElement>('input[name=task]:checked')!.value as TaskName;
  }

  get settings(): TaskSettings {
    const { task } = this;
    const { sliders } = this.#own.get(task)!;
    const values = Object.fromEntries(
      TASKS[task].settings.map(({ name }) => [name, sliders.value(`${task}-${name}`)]),
    );
    const [layers, heads, seed] = (['layers', 'heads', 'seed'] as const).map((id) => this.#model.value(id));
    return { task, values, layers, heads, seed };
  }

  /** As an address has it; what it does not say, or says wrong, is as usual. */
  restore(address: Pick<Address, 'get'>): void {
    const read = (
      name: string,
      { min, max }: { readonly min: number; readonly max: number },
    ): number | null => {
      const told = address.get(name);
      const value = told === null || told.trim() === '' ? NaN : Number(told);
      return Number.isInteger(value) && value >= min && value <= max ? value : null;
    };
    const told = address.get('task') ?? '';
    const task = TASK_NAMES.find((name) => name === told) ?? TASK_NAMES[0];
    const { sliders } = this.#own.get(task)!;
    for (const setting of TASKS[task].settings) {
      sliders.set(`${task}-${setting.name}`, read(setting.name, setting) ?? setting.value);
    }
    const model = MODEL.map((slider) => [slider.id, read(slider.id, slider)] as const);
    this.#choose(task);
    for (const [id, value] of model) if (value !== null) this.#model.set(id, value);
  }

  /** A run's own. */
  adopt({ task, values, layers, heads, seed }: TaskSettings): void {
    this.#choose(task);
    const { sliders } = this.#own.get(task)!;
    for (const { name, value } of TASKS[task].settings) sliders.set(`${task}-${name}`, values[name] ?? value);
    for (const [id, value] of Object.entries({ layers, heads, seed }))
      this.#model.set(id as ModelName, value);
  }

  /** What leads here again; what is as it always is, is left out. */
  get address(): Record<string, string | null> {
    const { task, values, layers, heads, seed } = this.settings;
    const { settings, course } = TASKS[task];
    const unless = (usual: number, value: number): string | null => (value === usual ? null : String(value));
    const names: SettingName[] = ['length', 'digits', 'kinds', 'depth'];
    const own = names.map((name): [string, string | null] => {
      const setting = settings.find((one) => one.name === name);
      return [name, setting ? unless(setting.value, values[name]!) : null];
    });
    return {
      task: task === TASK_NAMES[0] ? null : task,
      ...Object.fromEntries(own),
      layers: unless(course.layers, layers),
      heads: unless(course.heads, heads),
      seed: unless(1, seed),
    };
  }

  /** `locked`: a run goes on by them, which the panel says. `recorded`: there is one run of each task to choose. */
  setDisabled(disabled: boolean, { locked, recorded }: { locked: boolean; recorded: boolean }): void {
    this.#form.classList.toggle('locked', locked);
    this.#byId('locked').hidden = !locked;
    this.#byId<HTMLFieldSetElement>('task-part').disabled = disabled && !recorded;
    for (const id of ['values-part', 'model-part']) {
      this.#byId<HTMLFieldSetElement>(id).disabled = disabled || recorded;
    }
  }

  say(strings: TaskStrings, facts: string): void {
    for (const name of TASK_NAMES) {
      const row = this.#form.querySelector(`[data-task=${name}]`)!;
      setText(row.querySelector('b')!, strings.names[name]);
      setText(row.querySelector('small')!, strings.stories[name]);
    }
    setText(this.#byId('values-title'), strings.names[this.task]);
    for (const [task, { host, sliders }] of this.#own) {
      host.hidden = task !== this.task;
      const names = TASKS[task].settings.map(({ name }) => {
        const says = task === 'add' ? strings.addDigits : strings.settingNames[name];
        return [`${task}-${name}`, says] as const;
      });
      sliders.say({ ...Object.fromEntries(names), off: '' });
    }
    this.#model.say(strings);
    setText(this.#byId('model-facts'), facts);
  }

  #choose(task: TaskName): void {
    this.#form.querySelector<HTMLInputElement>(`input[name=task][value=${task}]`)!.checked = true;
    this.#suggest();
  }

  /** A model that does well with the task. */
  #suggest(): void {
    const { layers, heads } = TASKS[this.task].course;
    this.#model.set('layers', layers);
    this.#model.set('heads', heads);
  }

  #drawTasks(): void {
    for (const task of TASK_NAMES) {
      const input = element('input', { type: 'radio', name: 'task', value: task });
      const choice = element('span', { class: 'choice' }, element('b'), element('small'));
      this.#byId('tasks').append(element('label', { 'data-task': task }, input, choice));
      const host = element('div', { class: 'own-values' });
      const sliders = new Sliders(
        host,
        TASKS[task].settings.map(({ name, ...rest }) => ({ id: `${task}-${name}`, step: 1, ...rest })),
      );
      sliders.onInput = () => this.onChange();
      this.#own.set(task, { host, sliders });
      this.#byId('values').append(host);
    }
  }
}
