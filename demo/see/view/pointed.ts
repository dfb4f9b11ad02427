/** Tells which of a host's buttons the pointer or the focus comes to, by number; null: it goes. */
export function onPointed(
  host: HTMLElement,
  buttons: () => readonly HTMLButtonElement[],
  tell: (at: number | null) => void,
): void {
  for (const kind of ['pointerover', 'focusin'])
    host.addEventListener(kind, ({ target }) => tell(indexIn(buttons(), target)));
  for (const kind of ['pointerleave', 'focusout']) host.addEventListener(kind, () => tell(null));
}

/** The number of a button, null for what is none. */
export function indexIn(buttons: readonly HTMLButtonElement[], target: EventTarget | null): number | null {
  const found = buttons.indexOf(target as HTMLButtonElement);
  return found < 0 ? null : found;
}
