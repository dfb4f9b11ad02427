import { expose } from 'comlink';
import { Laboratory } from './laboratory';
import type { LaboratoryEvent } from './protocol';

/** Events and replies share one port, so that the page hears of a change before the call that made it returns. */
const post = (event: LaboratoryEvent): void => postMessage({ event });

expose(new Laboratory(post));
