import { wrap, type Remote } from 'comlink';
import type { AdapterSummary } from '../session/protocol';
import { missingWebGPU, type MissingReason } from './missing';
import type { SessionName, SessionNamed, SessionRequest } from './worker';

/** What every session can do. */
interface Openable {
  /** Throws where there is no adapter. */
  open(): Promise<void>;
  /** For tests. */
  loseDevice(): void;
}

/** An event that every session sends, whatever else it has to say. */
interface AdapterEvent {
  readonly kind: 'adapter';
  readonly adapter: AdapterSummary;
}

/** The site's worker, which is started when the first page asks for a session; the adapter; or why there is none. */
export class Engine {
  /** Called when the adapter is there, or none can be. */
  onChange: () => void = () => undefined;
  adapter: AdapterSummary | null = null;
  missing: { readonly reason: MissingReason; readonly detail: string } | null = null;
  #worker: Worker | null = null;

  /** Something was asked of it. */
  get asked(): boolean {
    return this.#worker !== null || this.missing !== null;
  }

  /** A page's session; null where the browser cannot compute. */
  session<Name extends SessionName>(
    name: Name,
    onEvent: (event: unknown) => void,
  ): Remote<SessionNamed<Name>> | null {
    const reason = missingWebGPU();
    if (reason) {
      this.giveUp(reason, '');
      return null;
    }
    const { port1: here, port2: port } = new MessageChannel();
    const request: SessionRequest = { session: name, port };
    this.#start().postMessage(request, [port]);
    here.addEventListener('message', ({ data }: MessageEvent<{ event?: AdapterEvent; failed?: string }>) => {
      if (data.failed !== undefined) this.giveUp('other', data.failed);
      if (!data.event) return;
      if (data.event.kind === 'adapter') {
        this.adapter = data.event.adapter;
        this.onChange();
      }
      onEvent(data.event);
    });
    return wrap<SessionNamed<Name>>(here);
  }

  /** For tests: devices opened and kernels compiled so far. */
  async count(): Promise<unknown> {
    const { port1: here, port2: port } = new MessageChannel();
    const answer = new Promise((resolve) => (here.onmessage = ({ data }) => resolve(data)));
    this.#start().postMessage({ count: port }, [port]);
    return answer;
  }

  giveUp(reason: MissingReason, detail: string): void {
    this.missing = { reason, detail };
    this.onChange();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('error', ({ message }) =>
      this.giveUp('other', message || 'The engine did not load.'),
    );
    this.#worker = worker;
    this.onChange();
    return worker;
  }
}

/** A page's part of the engine: its session once it was started. */
export class PageEngine<Name extends SessionName, Event> {
  session: Remote<SessionNamed<Name>> | null = null;
  readonly #engine: Engine;
  readonly #name: Name;
  #open = false;

  constructor(engine: Engine, name: Name) {
    this.#engine = engine;
    this.#name = name;
  }

  get missing(): boolean {
    return this.#engine.missing !== null;
  }

  /** The adapter is open. */
  get ready(): boolean {
    return this.#open && !this.missing;
  }

  /** Starts the session and opens the device; false when the page cannot compute, which the frame says. */
  async start(onEvent: (event: Event) => void): Promise<boolean> {
    this.session = this.#engine.session(this.#name, (event) => {
      if ((event as AdapterEvent).kind === 'adapter') this.#open = true;
      onEvent(event as Event);
    });
    if (!this.session) return false;
    try {
      await (this.session as unknown as Openable).open();
      return true;
    } catch (error) {
      const { message } = error as Error;
      this.#engine.giveUp(
        /no WebGPU adapter/.test(message) ? 'adapter' : /has no WebGPU/.test(message) ? 'missing' : 'other',
        message,
      );
      return false;
    }
  }

  /** For tests: what a crash of the driver does. */
  loseDevice(): unknown {
    return (this.session as unknown as Openable | null)?.loseDevice();
  }
}
