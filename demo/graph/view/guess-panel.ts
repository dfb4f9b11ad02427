import { element, finder, onClick, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import type { GraphStrings } from '../english';
import type { Guesses } from '../session/protocol';

/** Pairs without a tie, by how likely one is. */
export interface ShownGuesses {
  readonly guesses: Guesses;
  /** Ids of the members that it was asked of, in their order. */
  readonly ids: readonly number[];
}

export class GuessPanel {
  onGuess: () => void = () => undefined;
  onConnect: (a: number, b: number) => void = () => undefined;
  readonly #byId = finder();

  constructor() {
    onClick('guess', () => this.onGuess());
    this.#byId('guesses').addEventListener('click', ({ target }) => {
      const { a, b } = (target as Element).closest<HTMLElement>('button')?.dataset ?? {};
      if (a !== undefined && b !== undefined) this.onConnect(Number(a), Number(b));
    });
  }

  setDisabled(disabled: boolean): void {
    this.#byId<HTMLButtonElement>('guess').disabled = disabled;
  }

  /** `share`: how much it has learnt, while it learns. */
  tell(strings: GraphStrings, share: number | null): void {
    setText(this.#byId('guess-state'), share === null ? '' : strings.guessingNow(percent(share)));
  }

  /** `nameOf`: null for a member that is gone. `editable`: they may be tied. */
  show(
    strings: GraphStrings,
    shown: ShownGuesses | null,
    nameOf: (id: number) => string | null,
    editable: boolean,
  ): void {
    const rows = (shown?.guesses.pairs ?? []).flatMap(({ source, target, share }) => {
      const [a, b] = [shown!.ids[source], shown!.ids[target]];
      const names = [nameOf(a), nameOf(b)];
      if (names[0] === null || names[1] === null) return [];
      const pair = strings.guessPair(names[0], names[1]);
      const button = element(
        'button',
        {
          type: 'button',
          'data-a': a,
          'data-b': b,
          disabled: !editable,
          'aria-label': strings.guessTie(names[0], names[1]),
        },
        pair,
      );
      const row = element(
        'li',
        {},
        button,
        element('span', { class: 'track' }, element('span')),
        element('span', { class: 'percent' }, percent(share)),
      );
      row.style.setProperty('--share', share.toFixed(4));
      return [row];
    });
    this.#byId('guesses').replaceChildren(...rows);
    const { auc = NaN, held = 0 } = shown?.guesses ?? {};
    const note = !shown ? '' : held > 0 ? strings.guessAuc(percent(auc), held) : strings.guessNoTest;
    setText(this.#byId('guess-note'), note);
  }
}
