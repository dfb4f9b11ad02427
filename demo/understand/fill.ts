/** The tab that fills blanks. */
import { Latest, Pause, TYPING, type Host } from './host';
import { FillPanel } from './view/fill-panel';

export class Fill {
  readonly panel = new FillPanel();
  readonly #host: Host;
  readonly #latest: Latest;
  readonly #pause = new Pause();

  constructor(host: Host) {
    [this.#host, this.#latest] = [host, new Latest(host)];
    this.panel.onBlank = (typing) => {
      host.changed();
      this.#pause.wait(typing && !host.replay ? TYPING : 0, () => this.ask());
    };
  }

  ask(): Promise<void> {
    return this.#latest.run(async (isCurrent) => {
      const { replay, encoder, session } = this.#host;
      const { blanked, line } = this.panel;
      if (replay) {
        const { filled, reasons } = replay.fill(line);
        this.panel.show(filled);
        return this.panel.showReasons(reasons);
      }
      if (!encoder?.fills) return;
      const filled = await session!.fill(blanked);
      if (!isCurrent()) return;
      this.panel.show(filled);
      const reasons = await session!.reasons(blanked, filled.candidates[0].token);
      if (isCurrent()) this.panel.showReasons(reasons);
    });
  }

  render(): void {
    this.panel.say(this.#host.strings, this.#host.encoder);
  }
}
