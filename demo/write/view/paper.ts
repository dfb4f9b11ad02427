import { finder, setText } from '../../view/dom';
import { ShadedTokens, type ShadedToken } from '../../view/shaded-tokens';
import type { WriteStrings } from '../english';

/** Someone who types has paused. */
const PAUSE_MS = 250;

export interface PaperButtons {
  /** A text is there, with something that can go on with it. */
  readonly ready: boolean;
  readonly playing: boolean;
  readonly undoable: boolean;
  /** A recording can be looked at only. */
  readonly recorded: boolean;
}

/** The text token by token, or a field to type it in, and the buttons that write. */
export class PaperView {
  onChoose: (at: number) => unknown = () => undefined;
  /** The field to type in was opened. */
  onEdit: () => unknown = () => undefined;
  onType: (text: string) => unknown = () => undefined;
  /** What was typed is not wanted. */
  onCancel: () => unknown = () => undefined;
  onPlay: () => unknown = () => undefined;
  onOne: () => unknown = () => undefined;
  onUndo: () => unknown = () => undefined;
  onCopy: () => unknown = () => undefined;
  /** The text as it is now, for the field. */
  textNow: () => string = () => '';
  readonly #byId = finder();
  readonly #tokens = new ShadedTokens(this.#byId('tokens'));
  readonly #field = this.#byId<HTMLTextAreaElement>('edit-text');
  #typing: ReturnType<typeof setTimeout> | undefined;
  #typed = false;
  #buttons: PaperButtons = { ready: false, playing: false, undoable: false, recorded: false };

  constructor() {
    this.#tokens.onChoose = (at) => this.onChoose(at);
    for (const [id, action] of [
      ['play', () => this.onPlay()],
      ['one', () => this.onOne()],
      ['undo', () => this.onUndo()],
      ['copy', () => this.onCopy()],
      ['open-edit', () => this.#open()],
      ['cancel-edit', () => this.#cancel()],
    ] as const) {
      this.#byId(id).addEventListener('click', () => void action());
    }
    this.#byId('edit').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#close();
    });
    this.#field.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#tell(), PAUSE_MS);
    });
    this.#field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#close();
      if (event.key === 'Escape') this.#cancel();
    });
  }

  get editing(): boolean {
    return !this.#byId('edit').hidden;
  }

  /** `chosen`: a place in the text; null: its end. */
  show(
    tokens: readonly ShadedToken[],
    describe: (token: ShadedToken) => string,
    chosen: number | null,
    language: string,
  ): void {
    const sheet = this.#byId('sheet');
    const low = sheet.scrollHeight - sheet.scrollTop - sheet.clientHeight < 40;
    this.#byId('text-empty').hidden = tokens.length > 0;
    this.#byId('tokens').lang = this.#field.lang = language;
    this.#tokens.draw(tokens, describe);
    this.#tokens.choose(chosen ?? -1);
    if (low) sheet.scrollTop = sheet.scrollHeight; // what is written stays in sight, where one has not scrolled away
  }

  say(strings: WriteStrings, state: string): void {
    setText(this.#byId('state'), state);
    setText(this.#byId('play'), this.#byId('play').dataset.playing ? strings.pause : strings.play);
  }

  setButtons(buttons: PaperButtons): void {
    this.#buttons = buttons;
    this.#drawButtons();
  }

  /** While somebody types, the text is not written otherwise. */
  #drawButtons(): void {
    const { ready, playing, undoable, recorded } = this.#buttons;
    const button = (id: string): HTMLButtonElement => this.#byId<HTMLButtonElement>(id);
    if (playing) button('play').dataset.playing = 'true';
    else delete button('play').dataset.playing;
    button('play').disabled = !ready || this.editing;
    // Not disabled: whoever presses it goes on pressing it.
    for (const [id, can] of [
      ['one', ready && !playing && !this.editing],
      ['undo', undoable && !this.editing],
    ] as const) {
      button(id).setAttribute('aria-disabled', String(!can));
    }
    button('open-edit').disabled = !ready || recorded || this.editing;
    button('copy').disabled = !ready;
  }

  problem(...parts: readonly (Node | string)[]): void {
    this.#byId('problem').replaceChildren(...parts);
  }

  #open(): void {
    this.#typed = false;
    void this.onEdit();
    this.#field.value = this.textNow();
    this.#swap(true);
    this.#field.focus();
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
  }

  #close(): void {
    if (this.#typing !== undefined) this.#tell();
    this.#swap(false);
    this.#byId('open-edit').focus();
  }

  #cancel(): void {
    clearTimeout(this.#typing);
    this.#typing = undefined;
    this.#swap(false);
    this.problem();
    if (this.#typed) this.onCancel();
    this.#byId('open-edit').focus();
  }

  #swap(editing: boolean): void {
    this.#byId('edit').hidden = !editing;
    this.#byId('tokens').hidden = editing;
    this.#drawButtons();
  }

  #tell(): void {
    clearTimeout(this.#typing);
    this.#typing = undefined;
    this.#typed = true;
    void this.onType(this.#field.value);
  }
}
