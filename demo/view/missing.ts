import type { Strings } from '../strings';
import { byId, element } from './dom';

type MissingStrings = Pick<Strings, 'noWebGPU' | 'noWebGPUWhy' | 'noWebGPUDo'>;
export type MissingReason = keyof Strings['noWebGPUWhy'];

/** Why WebGPU is missing, as far as the page can tell without trying; null where it is offered. */
export function missingWebGPU(): MissingReason | null {
  if (!isSecureContext) return 'insecure';
  return 'gpu' in navigator && (navigator.gpu as GPU | undefined) ? null : 'missing';
}

/** Says that the page cannot compute here, why, and what to do about it. */
export function showMissing(strings: MissingStrings, reason: MissingReason, detail: string): void {
  const host = byId('missing');
  host.hidden = false;
  host.replaceChildren(
    element('h2', {}, strings.noWebGPU),
    element('p', {}, strings.noWebGPUWhy[reason]),
    element('ul', {}, ...strings.noWebGPUDo[reason].map((todo) => element('li', {}, todo))),
    ...(detail ? [element('small', { lang: 'en' }, detail)] : []),
  );
}
