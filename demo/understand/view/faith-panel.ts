import { element, finder, onClick, setText } from '../../view/dom';
import { fixed, percent } from '../../view/numbers';
import type { UnderstandStrings } from '../english';
import type { Tested } from '../session/protocol';
import { METHODS } from './try-panel';

/** Which of the explanations holds: what happens where the words go that each calls decisive. */
export class FaithPanel {
  onTest: () => void = () => undefined;
  readonly #byId = finder();
  #tested: Tested | null = null;
  #progress: { readonly done: number; readonly total: number } | null = null;

  constructor() {
    onClick('test', () => this.onTest());
  }

  set tested(tested: Tested | null) {
    [this.#tested, this.#progress] = [tested, null];
  }

  set progress(progress: { readonly done: number; readonly total: number } | null) {
    this.#progress = progress;
  }

  show(strings: UnderstandStrings, there: boolean, canTest: boolean): void {
    this.#byId('faith').hidden = !there;
    this.#byId<HTMLButtonElement>('test').disabled = !canTest || this.#progress !== null;
    const { done, total } = this.#progress ?? {};
    setText(
      this.#byId('test-state'),
      done === undefined || total === undefined ? '' : strings.faithRunning(done, total),
    );
    const tested = this.#tested;
    const host = this.#byId('faith-table');
    if (!tested) {
      host.replaceChildren();
      return setText(this.#byId('faith-summary'), '');
    }
    const rows = METHODS.flatMap((method) => {
      const found = tested[method];
      return found ? [{ method, ...found, ahead: found.drop - found.random }] : [];
    }).sort((a, b) => b.ahead - a.ahead);
    const [best] = rows;
    const holds = best.ahead > 0 && best.better > 0.5;
    const most = Math.max(1e-9, ...rows.map(({ drop, random }) => Math.max(drop, random)));
    host.replaceChildren(
      element(
        'table',
        { class: 'faith-rows' },
        element('caption', {}, strings.faithUnit),
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...[strings.faithMethod, strings.faithDrop, strings.faithRandom, strings.faithBetter].map(
              (name) => element('th', { scope: 'col' }, name),
            ),
          ),
        ),
        element(
          'tbody',
          {},
          ...rows.map(({ method, drop, random, better }) => {
            const bar = element('td', { class: 'bar' }, fixed(drop, 2));
            bar.style.setProperty('--share', Math.max(0, drop / most).toFixed(3));
            bar.style.setProperty('--own', Math.max(0, random / most).toFixed(3));
            return element(
              'tr',
              { class: holds && method === best.method ? 'best' : '' },
              element('th', { scope: 'row' }, strings.methods[method]),
              bar,
              element('td', {}, fixed(random, 2)),
              element('td', {}, percent(better)),
            );
          }),
        ),
      ),
    );
    const summary = holds ? strings.faithBest(strings.methods[best.method]) : strings.faithNone;
    setText(this.#byId('faith-summary'), summary);
  }
}
