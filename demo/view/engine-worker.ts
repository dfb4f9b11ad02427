import { wrap, type Remote } from 'comlink';
import type { AdapterSummary } from '../session/protocol';
import type { Strings } from '../strings';
import { byId, setText } from './dom';
import { missingWebGPU, showMissing, type MissingReason } from './missing';

/** What every worker's session can do. */
interface Openable {
  /** Throws where there is no adapter. */
  open(): Promise<void>;
  /** For tests. */
  loseDevice(): void;
}

type EngineStrings = Pick<
  Strings,
  'adapter' | 'software' | 'opening' | 'noWebGPU' | 'noWebGPUWhy' | 'noWebGPUDo'
>;

/** A page's worker: its session once there is one, the adapter that it found, or why there is none. */
export class EngineWorker<Session extends Openable, Event extends { readonly kind: string }> {
  session: Remote<Session> | null = null;
  adapter: AdapterSummary | null = null;
  readonly #strings: () => EngineStrings;
  /** Called when the adapter is there, or none can be. */
  readonly #onChange: () => void;
  #missing: { readonly reason: MissingReason; readonly detail: string } | null = null;

  constructor(strings: () => EngineStrings, onChange: () => void) {
    this.#strings = strings;
    this.#onChange = onChange;
  }

  get missing(): boolean {
    return this.#missing !== null;
  }

  /** The adapter is open. */
  get ready(): boolean {
    return this.adapter !== null && !this.missing;
  }

  /** Starts the worker and its session; false when the page cannot compute, which it says by itself. */
  async start(
    create: () => Worker,
    onEvent: (event: Event | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }) => void,
  ): Promise<boolean> {
    const reason = missingWebGPU();
    if (reason) return this.#giveUp(reason, '');
    const worker = create();
    worker.addEventListener('error', ({ message }) =>
      this.#giveUp('other', message || 'The engine did not load.'),
    );
    worker.addEventListener('message', ({ data }: MessageEvent<{ event?: Event }>) => {
      if (!data.event) return;
      if (data.event.kind === 'adapter') {
        this.adapter = (data.event as unknown as { adapter: AdapterSummary }).adapter;
        this.#onChange();
      }
      onEvent(data.event);
    });
    const session = wrap<Session>(worker);
    this.session = session;
    // For tests and the curious; nothing on the page uses it.
    const loseDevice = (): unknown => (session as unknown as Openable).loseDevice();
    Object.assign(window, { __heed: { session, loseDevice } });
    try {
      await (session as unknown as Openable).open();
      return true;
    } catch (error) {
      const { message } = error as Error;
      return this.#giveUp(
        /no WebGPU adapter/.test(message) ? 'adapter' : /has no WebGPU/.test(message) ? 'missing' : 'other',
        message,
      );
    }
  }

  /** Says, in the page's language, which adapter computes, or why none does. */
  draw(): void {
    const strings = this.#strings();
    if (this.#missing) {
      showMissing(strings, this.#missing.reason, this.#missing.detail);
      return setText(byId('adapter'), '');
    }
    const { adapter: summary } = this;
    const extras = summary?.features.length ? ` (${summary.features.join(', ')})` : '';
    const note = summary?.software ? `; ${strings.software}` : '';
    const text = summary ? `${strings.adapter}: ${summary.name}${extras}${note}` : strings.opening;
    setText(byId('adapter'), text);
  }

  #giveUp(reason: MissingReason, detail: string): false {
    this.#missing = { reason, detail };
    this.#onChange();
    return false;
  }
}
