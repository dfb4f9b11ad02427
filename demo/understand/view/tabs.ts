import { finder } from '../../view/dom';
import { Roving } from '../../view/roving';
import { TAB_NAMES, type TabName } from '../tabs';

/** Tabs of which one is on view: chosen by a press, or by arrow keys and then Enter. */
export class Tabs {
  onChoose: (tab: TabName) => void = () => undefined;
  readonly #byId = finder();
  readonly #roving = new Roving(this.#byId('tabs'));
  #shown: TabName = 'fill';

  constructor() {
    for (const name of TAB_NAMES) {
      this.#tab(name).addEventListener('click', () => {
        this.show(name);
        this.onChoose(name);
      });
    }
    this.show(this.#shown);
  }

  get shown(): TabName {
    return this.#shown;
  }

  show(tab: TabName): void {
    this.#shown = tab;
    for (const name of TAB_NAMES) {
      this.#tab(name).setAttribute('aria-selected', String(name === tab));
      this.#byId(`panel-${name}`).classList.toggle('shown', name === tab);
    }
    this.#roving.stopAt(this.#tab(tab));
  }

  #tab(name: TabName): HTMLElement {
    return this.#byId(`tab-${name}`);
  }
}
