import { element, finder, setText } from '../../view/dom';
import type { BringStrings } from '../english';
import type { Ask, ChatTurn, Opened, Reply } from '../session/protocol';
import { replyNodes } from './reply-view';

/** Texts that a form begins with, where the model's card has none. */
const FIRST: Readonly<Record<Opened['use'], string>> = {
  write: 'The house',
  chat: 'Who was Ada Lovelace?',
  fill: '',
  classify: 'I would see it again.',
  tag: 'Ada Lovelace wrote to Charles Babbage in London.',
  answer:
    'The Analytical Engine was designed by Charles Babbage. Ada Lovelace wrote its first program in 1843.',
  compare: 'A man plays the violin.',
  rewrite: 'The engine weaves algebraic patterns.',
};
const OTHERS = 'Somebody makes music.\nThe stock market fell.\nA violin concerto.';
const QUESTION = 'Who wrote the first program?';

/** The form of the model that is open, and what came of it. */
export class AskPanel {
  onAsk: (ask: Ask) => unknown = () => undefined;
  onStop: () => unknown = () => undefined;
  readonly #byId = finder();
  #strings: BringStrings;
  #model: Opened | null = null;
  #shown: { readonly reply: Reply; readonly ask: Ask } | null = null;
  /** The conversation so far. */
  #turns: readonly ChatTurn[] = [];

  constructor(strings: BringStrings) {
    this.#strings = strings;
    this.#byId('ask').addEventListener('submit', (event) => {
      event.preventDefault();
      this.ask();
    });
    this.#byId('stop').addEventListener('click', () => this.onStop());
    this.#byId('new-chat').addEventListener('click', () => this.#startOver());
    this.#byId('insert-mask').addEventListener('click', () => this.#insertMask());
    for (const id of ['tokens', 'temperature', 'top-p']) {
      this.#byId(id).addEventListener('input', () => this.#saySliders());
    }
    this.#byId('text').addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.ask();
    });
  }

  get text(): string {
    return this.#byId<HTMLTextAreaElement>('text').value;
  }

  /** A new model: its form, with the first of its examples. */
  open(model: Opened, examples: readonly string[], text: string): void {
    this.#model = model;
    this.#shown = null;
    this.#turns = [];
    const { use, mask } = model;
    const first = text !== '' ? text : (examples[0] ?? FIRST[use]);
    this.#byId<HTMLTextAreaElement>('text').value =
      use === 'fill' && first === '' ? `The capital of France is ${mask}.` : first;
    this.#byId<HTMLInputElement>('question').value = QUESTION;
    this.#byId<HTMLTextAreaElement>('others').value = OTHERS;
    this.#byId<HTMLTextAreaElement>('labels').value = '';
    this.#byId('examples').replaceChildren(
      ...examples.map((example) => {
        const button = element('button', { type: 'button' }, example);
        button.addEventListener('click', () => {
          this.#byId<HTMLTextAreaElement>('text').value = example;
          this.ask();
        });
        return button;
      }),
    );
    this.say(this.#strings);
  }

  ask(): void {
    const model = this.#model;
    if (!model) return;
    const { text } = this;
    const value = (id: string): string => this.#byId<HTMLInputElement>(id).value;
    const lines = (id: string): string[] =>
      value(id)
        .split('\n')
        .filter((line) => line.trim() !== '');
    const { use } = model;
    switch (use) {
      case 'write':
      case 'chat': {
        const [tokens, temperature, topP] = ['tokens', 'temperature', 'top-p'].map((id) => Number(value(id)));
        const seed = Math.floor(Math.random() * 2 ** 31);
        const drawn = { tokens, temperature, topP, seed };
        if (use === 'write') return void this.onAsk({ use, text, ...drawn });
        if (text.trim() === '') return;
        this.#byId<HTMLTextAreaElement>('text').value = '';
        return void this.onAsk({ use, text, before: this.#turns, ...drawn });
      }
      case 'classify':
        return void this.onAsk({ use, text, labels: model.zeroShot ? lines('labels') : [] });
      case 'answer':
        return void this.onAsk({ use, text, question: value('question') });
      case 'compare':
        return void this.onAsk({ use, text, texts: lines('others') });
      default:
        return void this.onAsk({ use, text });
    }
  }

  /** The text grows while it is written; of rewriting, it comes anew each time. */
  grow(ask: Ask, piece: string): void {
    const host = this.#byId('reply');
    if (host.dataset.growing !== 'true') {
      host.dataset.growing = 'true';
      host.hidden = false;
      const said = element('p', { class: 'said writing-now', dir: 'auto' });
      if (ask.use === 'write') said.append(element('span', { class: 'given' }, ask.text));
      if (ask.use === 'chat') {
        const asked = { role: 'user', content: ask.text };
        host.replaceChildren(...[...ask.before, asked].map((turn) => this.#turn(turn)));
        host.append(
          element(
            'div',
            { class: 'turn' },
            element('span', { class: 'name' }, this.#strings.roles.assistant),
            said,
          ),
        );
      } else host.replaceChildren(said);
    }
    const said = host.querySelector('.writing-now')!;
    if (ask.use === 'rewrite') setText(said, piece);
    else said.append(piece);
  }

  show(reply: Reply, ask: Ask): void {
    this.#shown = { reply, ask };
    const { answer } = reply;
    if (ask.use === 'chat' && answer.use === 'chat') {
      const both = [
        { role: 'user', content: ask.text },
        { role: 'assistant', content: answer.text },
      ];
      this.#turns = [...ask.before, ...both];
    }
    this.#drawReply();
  }

  /** While it answers, what was there before stays, dimmed. */
  busy(busy: boolean): void {
    this.#byId<HTMLButtonElement>('ask-button').hidden = busy;
    this.#byId('stop').hidden = !busy;
    this.#byId('reply').classList.toggle('waiting', busy);
    if (!busy) delete this.#byId('reply').dataset.growing;
    if (!busy) this.#byId('reply').querySelector('.writing-now')?.classList.remove('writing-now');
  }

  say(strings: BringStrings): void {
    this.#strings = strings;
    const model = this.#model;
    this.#byId('ask').hidden = model === null;
    this.#byId('use-empty').hidden = model !== null;
    setText(this.#byId('use-title'), model ? strings.useTitles[model.use] : strings.text);
    if (!model) return;
    const { use, mask, zeroShot } = model;
    for (const part of this.#byId('ask').querySelectorAll<HTMLElement>('[data-use]')) {
      part.hidden =
        part.dataset.use === 'zero-shot' ? !zeroShot : !part.dataset.use!.split(' ').includes(use);
    }
    setText(this.#byId('text-name'), strings.texts[use]);
    setText(this.#byId('ask-button'), strings.asks[use]);
    this.#byId('new-chat').hidden = use !== 'chat' || this.#turns.length === 0;
    if (mask) setText(this.#byId('mask-hint'), strings.hide(mask));
    this.#saySliders();
    this.#drawReply();
  }

  #saySliders(): void {
    const value = (id: string): number => Number(this.#byId<HTMLInputElement>(id).value);
    const { greedy, off } = this.#strings;
    const said: Readonly<Record<string, string>> = {
      tokens: String(value('tokens')),
      temperature: value('temperature') === 0 ? greedy : value('temperature').toFixed(1),
      'top-p': value('top-p') === 1 ? off : value('top-p').toFixed(2),
    };
    for (const [id, text] of Object.entries(said)) {
      setText(this.#byId(`${id}-value`), text);
      this.#byId(id).setAttribute('aria-valuetext', text);
    }
  }

  #drawReply(): void {
    const host = this.#byId('reply');
    host.hidden = this.#shown === null;
    const took = this.#byId('took');
    if (!this.#shown) return setText(took, '');
    const { reply, ask } = this.#shown;
    if (reply.answer.use === 'chat') {
      const cut = reply.answer.finished ? [] : [element('p', { class: 'small' }, this.#strings.unfinished)];
      host.replaceChildren(...this.#turns.map((turn) => this.#turn(turn)), ...cut);
      this.#byId('new-chat').hidden = false;
    } else host.replaceChildren(...replyNodes(reply.answer, ask, this.#strings));
    const milliseconds = reply.milliseconds.toFixed(0);
    setText(
      took,
      reply.compiled ? this.#strings.tookCompiled(milliseconds) : this.#strings.took(milliseconds),
    );
  }

  #turn({ role, content }: ChatTurn): HTMLElement {
    const name = element('span', { class: 'name' }, this.#strings.roles[role] ?? role);
    return element('div', { class: 'turn' }, name, element('p', { class: 'said', dir: 'auto' }, content));
  }

  #startOver(): void {
    this.#turns = [];
    this.#shown = null;
    this.say(this.#strings);
    this.#byId('text').focus();
  }

  #insertMask(): void {
    const area = this.#byId<HTMLTextAreaElement>('text');
    const mask = this.#model?.mask ?? '';
    area.setRangeText(mask, area.selectionStart, area.selectionEnd, 'end');
    area.focus();
  }
}
