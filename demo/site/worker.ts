/**
 * The worker of the whole site. It lives as long as the tab: the device, compiled kernels, models and runs stay while
 * one moves between pages. Each page has a session of its own here, which is loaded when the page first asks for it.
 */
import { expose } from 'comlink';
import { SharedDevice } from '../session/shared-device';

type Emit = (event: unknown) => void;

/** What makes the session of each page. */
const SESSIONS = {
  home: async (emit: Emit) => new (await import('../home/session/next-word')).NextWord(emit),
  train: async (emit: Emit) => new (await import('../session/worker-session')).WorkerSession(emit),
  write: async (emit: Emit) => new (await import('../write/session/session')).WriteSession(emit),
  tasks: async (emit: Emit) => new (await import('../tasks/session/session')).TasksSession(emit),
  tune: async (emit: Emit) => new (await import('../tune/session/session')).TuneSession(emit),
  understand: async (emit: Emit) =>
    new (await import('../understand/session/session')).UnderstandSession(emit),
  graph: async (emit: Emit) => new (await import('../graph/session/session')).GraphSession(emit),
  next: async (emit: Emit) => new (await import('../next/session/session')).NextSession(emit),
  translate: async (emit: Emit) =>
    new (await import('../translate/session/worker-session')).WorkerSession(emit),
  see: async (emit: Emit) => new (await import('../see/session/session')).SeeSession(emit),
  course: async (emit: Emit) => new (await import('../course/session/session')).CourseSession(emit),
  laboratory: async (emit: Emit) => new (await import('../laboratory/session/laboratory')).Laboratory(emit),
  gpu: async (emit: Emit) => new (await import('../gpu/session/session')).GpuSession(emit),
  bring: async (emit: Emit) => new (await import('../bring/session/worker-session')).WorkerSession(emit),
} as const;

export type SessionName = keyof typeof SESSIONS;
export type SessionNamed<Name extends SessionName> = Awaited<ReturnType<(typeof SESSIONS)[Name]>>;

/** A page asks for its session, which is to answer at this port. */
export interface SessionRequest {
  readonly session: SessionName;
  readonly port: MessagePort;
}

/** Events and replies of a session share a port, so that its page hears of a change before the call that made it returns. */
async function start({ session, port }: SessionRequest): Promise<void> {
  try {
    expose(await SESSIONS[session]((event) => port.postMessage({ event })), port);
  } catch (error) {
    port.postMessage({ failed: (error as Error).message });
  }
}

/** What the device has done so far: tests see that moving between pages opens and compiles nothing anew. */
function count(port: MessagePort): void {
  const { opened, pipelines } = SharedDevice.ofWorker;
  port.postMessage({ opened, pipelines });
}

addEventListener('message', ({ data }: MessageEvent<SessionRequest | { readonly count: MessagePort }>) => {
  if ('count' in data) count(data.count);
  else void start(data);
});
