import { element } from '../view/dom';
import type { FrameStrings } from './frame-strings';

export type MissingReason = keyof FrameStrings['noWebGPUWhy'];

/** Why WebGPU is missing, as far as the page can tell without trying; null where it is offered. */
export function missingWebGPU(): MissingReason | null {
  if (!isSecureContext) return 'insecure';
  return 'gpu' in navigator && (navigator.gpu as GPU | undefined) ? null : 'missing';
}

/** Says that the page cannot compute here, why, and what to do about it. */
export function showMissing(
  host: HTMLElement,
  strings: FrameStrings,
  { reason, detail }: { readonly reason: MissingReason; readonly detail: string },
): void {
  host.replaceChildren(
    element('h2', {}, strings.noWebGPU),
    element('p', {}, strings.noWebGPUWhy[reason]),
    element('ul', {}, ...strings.noWebGPUDo[reason].map((todo) => element('li', {}, todo))),
    ...(detail ? [element('small', { lang: 'en' }, detail)] : []),
  );
}
