/** The choice of a model on a page: looks up what is named, loads it, keeps the address, and tells the panel how far it is. */
import { SHIPPED, type ShippedModel } from '../models/shipped';
import type { SiteContext } from '../site/page';
import type { Format } from '../view/format';
import type { BringEvent, Cached, Found, Source, Storage } from './session/protocol';
import { named } from './session/sources';
import { ChoosePanel, type ChooseStrings } from './view/choose-panel';

/** Calls of a page's session. */
export interface ModelCalls<Opened> {
  find(source: Source, storage: Storage): Promise<Found>;
  load(source: Source, found: Found): Promise<Opened>;
  cancel(): Promise<void>;
  kept(): Promise<readonly Cached[]>;
  forgetModel(model: string): Promise<void>;
}

export interface ChoiceOptions<Opened> {
  readonly context: SiteContext;
  /** Those that ship and are on offer here; the first is loaded where the address names none. */
  readonly shipped: readonly ShippedModel[];
  readonly strings: () => ChooseStrings;
  readonly format: () => Format;
  /** Null where nothing can compute. */
  readonly calls: () => ModelCalls<Opened> | null;
  /** Something else begins: what was under way ends. Null where nothing can. */
  readonly begin: () => number | null;
  /** Nothing else has begun since. */
  readonly isCurrent: (turn: number) => boolean;
  /** Does work; what goes wrong with what is not wanted any more is not told. */
  readonly attempt: (turn: number, work: () => Promise<void>) => Promise<void>;
  readonly onOpened: (model: Opened, shipped: ShippedModel | null) => void;
  /** The text of the address was for the model before, and goes with it. */
  readonly dropsText?: boolean;
  /** Whether the model that is there may go for another one. */
  readonly mayLoad?: () => boolean;
}

export class ModelChoice<Opened> {
  readonly panel: ChoosePanel;
  readonly #options: ChoiceOptions<Opened>;
  /** What the worker tells of is for the choice: a model that comes back after a lost device is not. */
  #loading = false;
  #candidate: { readonly source: Source; readonly found: Found } | null = null;

  constructor(options: ChoiceOptions<Opened>) {
    this.#options = options;
    const { strings, format, context, shipped } = options;
    this.panel = new ChoosePanel(strings(), format(), context.language, shipped);
    this.panel.onFind = (source) => this.#find(source);
    this.panel.onName = (text, token) => this.#name(text, token);
    this.panel.onLoad = () => this.#load();
    this.panel.onCancel = () => this.#cancel();
    this.panel.onForget = (model) => this.#forget(model);
    this.panel.onStorage = () => this.#candidate && this.#find(this.#candidate.source);
  }

  /** The session is there. */
  async open(): Promise<void> {
    void this.#listKept();
    await this.fromAddress();
  }

  /** The model that the address names, else the first that ships. */
  async fromAddress(): Promise<void> {
    const { context, shipped } = this.#options;
    const wanted = context.address.get('model');
    this.panel.chooseStorage(context.address.get('storage'));
    const known = shipped.find(({ id }) => id === wanted) ?? (wanted === null ? shipped[0] : undefined);
    if (known) {
      this.panel.choose(known.id);
      await this.#find({ kind: 'shipped', id: known.id, files: known.files });
    } else if (wanted !== null) {
      this.panel.setName(wanted);
      await this.#name(wanted, '');
    }
  }

  /** What the worker tells of downloads and loading. */
  hear(event: Extract<BringEvent, { kind: 'download' | 'weights' }>): void {
    const { strings, format } = this.#options;
    if (!this.#loading) return;
    if (event.kind === 'download') {
      const { loaded, total } = event.progress;
      const says = (): string =>
        strings().downloading(format().bytes(loaded), total === null ? null : format().bytes(total));
      return this.panel.setState('loading', says, total === null ? null : loaded / total);
    }
    const share = event.total === 0 ? 1 : event.done / event.total;
    this.panel.setState('loading', () => strings().placing(format().percent(share)), share);
  }

  async #name(text: string, token: string): Promise<void> {
    try {
      const { model, revision } = named(text);
      await this.#find({ kind: 'hub', model, ...(revision && { revision }), ...(token && { token }) });
    } catch (error) {
      this.#options.context.notices.error(error as Error);
    }
  }

  /** Looks a model up; one that ships is loaded at once. */
  async #find(source: Source): Promise<void> {
    const { begin, calls, attempt, isCurrent, strings, context, shipped } = this.#options;
    const turn = begin();
    if (turn === null) return;
    if (source.kind !== 'shipped') this.panel.choose(null);
    this.panel.setFound(null, null);
    this.panel.setState('finding', () => strings().finding);
    await attempt(turn, async () => {
      const found = await calls()!.find(source, this.panel.storage);
      if (!isCurrent(turn)) return;
      this.#candidate = { source, found };
      this.panel.setFound(found, shippedOf(source));
      this.panel.setState('idle');
      if (source.kind !== 'files') {
        const model = source.kind === 'hub' ? source.model : source.id;
        const { storage } = this.panel;
        const settings = {
          model: model === shipped[0]?.id ? null : model,
          storage: storage === 'f32' ? null : storage,
        };
        context.address.set(settings, this.#options.dropsText ? '' : context.address.text);
      }
      if (source.kind === 'shipped') await this.#load();
    });
  }

  async #load(): Promise<void> {
    const { begin, calls, attempt, isCurrent, strings, context, onOpened, mayLoad } = this.#options;
    const candidate = this.#candidate;
    if (mayLoad && !mayLoad()) return;
    const turn = begin();
    if (!candidate || turn === null) return;
    const { source, found } = candidate;
    this.panel.setState('loading');
    await attempt(turn, async () => {
      this.#loading = true;
      const model = await calls()!
        .load(source, found)
        .finally(() => {
          if (isCurrent(turn)) this.#loading = false;
        });
      if (!isCurrent(turn)) return;
      const shipped = shippedOf(source);
      this.panel.setState('loaded', () => strings().loaded(shipped?.title[context.language] ?? found.title));
      void this.#listKept();
      onOpened(model, shipped);
    });
  }

  async #cancel(): Promise<void> {
    const { begin, calls, strings } = this.#options;
    begin();
    await calls()?.cancel();
    this.panel.setState('idle', () => strings().cancelled);
  }

  async #forget(model: string): Promise<void> {
    const { calls, context } = this.#options;
    await calls()
      ?.forgetModel(model)
      .catch((error: unknown) => context.notices.error(error as Error));
    await this.#listKept();
  }

  async #listKept(): Promise<void> {
    const kept = await this.#options
      .calls()
      ?.kept()
      .catch(() => []);
    this.panel.setKept(kept ?? []);
  }
}

const shippedOf = (source: Source): ShippedModel | null =>
  source.kind === 'shipped' ? (SHIPPED.find(({ id }) => id === source.id) ?? null) : null;
