import { drawCard } from '../../view/card';
import { choice, element, finder, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { Segments } from '../../view/segments';
import type { Language } from '../../site/language';
import type { BringStrings } from '../english';
import type { Cached, Found, Source, Storage } from '../session/protocol';
import type { ShippedModel } from '../../models/shipped';

export type ChooseStrings = Pick<
  BringStrings,
  | 'card'
  | 'cancelled'
  | 'downloading'
  | 'facts'
  | 'familyOf'
  | 'finding'
  | 'fits'
  | 'fitsNot'
  | 'forget'
  | 'loaded'
  | 'noForm'
  | 'placing'
  | 'refused'
  | 'storages'
  | 'trainsNot'
  | 'unknownFamily'
> & {
  /** Why a model that loads is none for this page; null for one that is. */
  readonly notHere?: (found: Found) => string | null;
};

/** What there is to choose from, and what became of the choice: found, loading, loaded. */
export class ChoosePanel {
  /** A model is to be looked up; null: what is named is none. */
  onFind: (source: Source) => unknown = () => undefined;
  onName: (text: string, token: string) => unknown = () => undefined;
  onLoad: () => unknown = () => undefined;
  onCancel: () => unknown = () => undefined;
  onForget: (model: string) => unknown = () => undefined;
  /** Weights are to be stored otherwise. */
  onStorage: () => unknown = () => undefined;
  readonly #byId = finder();
  readonly #storage = new Segments(this.#byId('storage'), 'storage', () => this.onStorage());
  readonly #shipped: readonly ShippedModel[];
  #strings: ChooseStrings;
  #format: Format;
  #language: Language;
  #found: { readonly found: Found; readonly shipped: ShippedModel | null } | null = null;
  #kept: readonly Cached[] = [];
  #state: {
    readonly kind: 'idle' | 'finding' | 'loading' | 'loaded';
    readonly says: () => string;
    readonly share: number | null;
  } = {
    ...{ kind: 'idle', says: () => '', share: null },
  };

  constructor(strings: ChooseStrings, format: Format, language: Language, shipped: readonly ShippedModel[]) {
    [this.#strings, this.#format, this.#language, this.#shipped] = [strings, format, language, shipped];
    this.#byId('hub-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const value = (id: string): string => this.#byId<HTMLInputElement>(id).value;
      this.onName(value('hub'), value('token'));
    });
    const files = this.#byId<HTMLInputElement>('folder-files');
    this.#byId('choose-folder').addEventListener('click', () => files.click());
    files.addEventListener('change', () => {
      const chosen = [...(files.files ?? [])];
      files.value = '';
      if (chosen.length > 0) this.takeFiles(chosen);
    });
    this.#byId('load-model').addEventListener('click', () => this.onLoad());
    this.#byId('cancel').addEventListener('click', () => this.onCancel());
    this.#byId('shipped').addEventListener('change', ({ target }) => {
      const model = this.#shipped.find(({ id }) => id === (target as HTMLInputElement).value);
      if (model) this.onFind({ kind: 'shipped', id: model.id, files: model.files });
    });
    this.#offerStorages();
    this.#drawShipped();
  }

  /** As an address has it. */
  chooseStorage(storage: string | null): void {
    const known = Object.keys(this.#strings.storages).find((one) => one === storage);
    if (known) this.#storage.choose(known);
  }

  get storage(): Storage {
    return (this.#storage.chosen || 'f32') as Storage;
  }

  /** Chosen or dropped: of a folder, or the files themselves. */
  takeFiles(files: readonly File[]): void {
    const [first] = files;
    const title = first.webkitRelativePath.split('/')[0] || first.name;
    this.onFind({ kind: 'files', title, files });
  }

  /** One of those that ship is taken, or none. */
  choose(id: string | null): void {
    for (const input of this.#byId('shipped').querySelectorAll('input')) input.checked = input.value === id;
  }

  setName(model: string): void {
    this.#byId<HTMLInputElement>('hub').value = model;
  }

  setKept(kept: readonly Cached[]): void {
    this.#kept = kept;
    this.#drawKept();
  }

  setFound(found: Found | null, shipped: ShippedModel | null): void {
    this.#found = found && { found, shipped };
    this.#drawFound();
  }

  /** `says`: in the language that the page has then. `share`: of what is under way, 0 to 1; null where nobody knows. */
  setState(
    kind: 'idle' | 'finding' | 'loading' | 'loaded',
    says: () => string = () => '',
    share: number | null = null,
  ): void {
    this.#state = { kind, says, share };
    this.#drawState();
  }

  say(strings: ChooseStrings, format: Format, language: Language): void {
    [this.#strings, this.#format, this.#language] = [strings, format, language];
    this.#offerStorages();
    this.#drawShipped();
    this.#drawKept();
    this.#drawFound();
    this.#drawState();
  }

  #offerStorages(): void {
    const { storages } = this.#strings;
    this.#storage.offer((Object.keys(storages) as Storage[]).map((id) => [id, storages[id]] as const));
  }

  #drawShipped(): void {
    const host = this.#byId('shipped');
    const chosen = host.querySelector<HTMLInputElement>('input:checked')?.value;
    host.hidden = this.#shipped.length === 0;
    host.replaceChildren(
      ...this.#shipped.map(({ id, title, note }) => {
        const input = element('input', { type: 'radio', name: 'shipped', value: id, checked: id === chosen });
        return choice(input, [title[this.#language], '', note[this.#language]]);
      }),
    );
  }

  #drawKept(): void {
    this.#byId('recent-none').hidden = this.#kept.length > 0;
    this.#byId('recent').replaceChildren(
      ...this.#kept.map(({ model, bytes, revision, names }) => {
        const open = element('button', { type: 'button', class: 'link' }, model);
        const branch = names[0] ?? revision;
        const wanted = branch !== '' && branch !== 'main' ? { revision: branch } : {};
        open.addEventListener('click', () => this.onFind({ kind: 'hub', model, ...wanted }));
        const label = this.#strings.forget(model);
        const remove = element(
          'button',
          { type: 'button', class: 'quiet icon', 'aria-label': label, title: label },
          '×',
        );
        remove.addEventListener('click', () => this.onForget(model));
        return element(
          'li',
          {},
          open,
          element('span', { class: 'small' }, this.#format.bytes(bytes)),
          remove,
        );
      }),
    );
  }

  #drawFound(): void {
    const strings = this.#strings;
    this.#byId('found').hidden = this.#found === null && this.#state.kind === 'idle';
    const shown = this.#found;
    const rows: [string, string][] = [];
    const title = this.#byId('found-title');
    setText(title, shown ? (shown.shipped?.title[this.#language] ?? shown.found.title) : '');
    title.hidden = !shown; // a heading without words is nothing to stop at
    this.#byId('card').hidden = !shown?.shipped;
    if (shown?.shipped) drawCard(this.#byId('card-facts'), shown.shipped, strings.card);
    if (shown) {
      const { family, architecture, parameters, bytes, run, train, refused } = shown.found.inspection;
      const sum = Object.values(bytes).reduce((a, b) => a + b, 0);
      const dtypes = Object.keys(bytes).join(', ');
      const { facts } = strings;
      rows.push([
        facts.family,
        family ? strings.familyOf(family, architecture ?? '') : strings.unknownFamily,
      ]);
      rows.push([facts.parameters, this.#format.compact(parameters)]);
      rows.push([facts.files, `${this.#format.bytes(sum)} (${dtypes})`]);
      const memory = (need: typeof run): string =>
        need?.total == null ? strings.trainsNot : this.#format.bytes(need.total);
      if (!refused) {
        rows.push([facts.run, memory(run)]);
        if (facts.train !== '') rows.push([facts.train, memory(train)]);
      }
      const verdict = refused
        ? strings.refused(refused)
        : run?.refused
          ? strings.fitsNot(run.refused)
          : shown.found.use === null
            ? strings.noForm
            : (strings.notHere?.(shown.found) ?? strings.fits);
      setText(this.#byId('verdict'), verdict);
      this.#byId('verdict').classList.toggle('bad', !this.#loadable);
    } else setText(this.#byId('verdict'), '');
    this.#byId('found-facts').replaceChildren(
      ...rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, ...breakable(value))]),
    );
  }

  get #loadable(): boolean {
    const found = this.#found?.found;
    if (!found || found.use === null || found.inspection.refused || found.inspection.run?.refused)
      return false;
    return (this.#strings.notHere?.(found) ?? null) === null;
  }

  #drawState(): void {
    const { kind, says, share } = this.#state;
    const busy = kind === 'finding' || kind === 'loading';
    this.#byId('found').hidden = this.#found === null && kind === 'idle';
    this.#byId('load-model').hidden = busy || kind === 'loaded' || !this.#loadable;
    this.#byId('cancel').hidden = !busy;
    setText(this.#byId('load-state'), says());
    const bar = this.#byId('load-progress');
    bar.hidden = kind !== 'loading';
    if (share === null) bar.removeAttribute('aria-valuenow');
    else bar.setAttribute('aria-valuenow', String(Math.round(100 * share)));
    bar.querySelector('span')!.style.transform = `scaleX(${share ?? 0})`;
  }
}

/** A text that a narrow column may break before the capitals within a name such as `GPT2LMHeadModel`. */
function breakable(text: string): (Node | string)[] {
  return text
    .split(/(?<=[a-z0-9])(?=[A-Z][a-z])/)
    .flatMap((part, i) => (i === 0 ? [part] : [element('wbr'), part]));
}
