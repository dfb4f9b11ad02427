/** The page Write: joins the text and its model to what is seen of them. */
import { PageEngine } from '../site/engine';
import { told } from '../site/notices';
import type { PageView, SiteContext } from '../site/page';
import { finder, setText } from '../view/dom';
import { Format } from '../view/format';
import { chance, fixed } from '../view/numbers';
import { visible } from '../view/probability-bars';
import type { ShadedToken } from '../view/shaded-tokens';
import { Sliders } from '../view/sliders';
import { languageOfText } from '../view/text-titles';
import { chinese } from './chinese';
import { english, type WriteStrings } from './english';
import { TEXT, unpack, type RecordedFile } from './recording';
import { surprise } from './sampling';
import type { WriteEvent } from './session/protocol';
import { live, recorded } from './sources';
import { AttentionView } from './view/attention';
import { ChoicesView } from './view/choices';
import { PaperView } from './view/paper';
import { WritersView } from './view/writers';
import { MOST, Writing } from './writing';

/** Characters of a text in the address; a longer one is not shared. */
const LONGEST = 2000;
/** Browsers refuse an address that changes with every token. */
const ADDRESS_MS = 300;
const PACE = [{ id: 'pace', min: 1, max: 20, step: 1, value: 4 }] as const;

export class WritePage implements PageView {
  readonly engine: PageEngine<'write', WriteEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #writing = new Writing();
  readonly #paper = new PaperView();
  readonly #choices: ChoicesView;
  readonly #writers: WritersView;
  readonly #attention: AttentionView;
  readonly #pace = new Sliders(this.#byId('pace'), PACE);
  #format: Format;
  /** What the attention on view is of. */
  #seen: unknown = null;
  #addressing: ReturnType<typeof setTimeout> | undefined;

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'write');
    this.#format = new Format(context.language);
    this.#choices = new ChoicesView(this.#strings, this.#format);
    this.#writers = new WritersView(this.#strings);
    this.#attention = new AttentionView(this.#strings);
  }

  start(): this {
    const writing = this.#writing;
    const [paper, choices, writers, attention] = [this.#paper, this.#choices, this.#writers, this.#attention];
    writing.onChange = () => this.#draw();
    writing.onError = (error) => this.#tell(error);
    writing.onUnknown = ({ message }) => this.#context.notices.news(this.#strings.ownUnknown(message));
    paper.textNow = () => writing.story.reading?.text ?? '';
    paper.onChoose = (at) => writing.look(writing.at === at ? null : at);
    paper.onEdit = () => writing.edit();
    paper.onType = (text) => writing.typed(text);
    paper.onCancel = () => writing.cancel();
    paper.onPlay = () => (writing.playing ? writing.pause() : this.#play());
    paper.onOne = () => !writing.playing && !paper.editing && writing.one(choices.sampling);
    paper.onUndo = () => !paper.editing && writing.undo();
    paper.onCopy = () => this.#copy();
    choices.onChoose = (id) => writing.write(id);
    choices.onSampling = () => this.#writeSoon();
    choices.onEnd = () => {
      writing.look(null);
      this.#byId('play').focus();
    };
    writers.onChoose = (writer) => writing.use(writer, writing.story.reading?.text ?? TEXT);
    writers.onBeginning = (text) => writing.type(text, true);
    writers.onHistory = (at) => writing.lookBack(at);
    attention.onChoose = (at) => writing.story.origin(at) && writing.look(at);
    attention.onHead = () => this.#writeSoon();
    this.#pace.onInput = () => this.#saySliders();
    this.#fromAddress();
    void this.#open();
    return this;
  }

  say(): void {
    const strings = this.#strings;
    this.#format = new Format(this.#context.language);
    this.#choices.say(strings, this.#format);
    this.#attention.say(strings);
    this.#saySliders();
    this.#draw();
  }

  /** A link led here again, with a text or settings of its own. */
  arrive(): void {
    this.#fromAddress();
    if (this.#writing.ready) void this.#use();
  }

  leave(): void {
    this.#writing.pause();
    this.#write();
  }

  async #open(): Promise<void> {
    const opened = await this.engine.start((event) => this.#hear(event));
    if (opened) this.#writing.start(live(this.engine.session!));
    else await this.#openRecording();
    await this.#use();
  }

  /** Without WebGPU there is a text that the model has read once. */
  async #openRecording(): Promise<void> {
    const { default: file } = (await import('./recording.json')) as unknown as { default: RecordedFile };
    const recording = unpack(file);
    this.#writing.start(recorded(recording), recording);
  }

  async #use(): Promise<void> {
    const { address } = this.#context;
    const own = address.get('model') === 'own' && this.#writing.trained !== null;
    await this.#writing.use(own ? 'own' : 'shipped', address.text || TEXT);
  }

  #hear(event: WriteEvent): void {
    const writing = this.#writing;
    switch (event.kind) {
      case 'adapter':
        return;
      case 'recovered':
        this.#context.notices.news(this.#strings.lost);
        return void writing.again();
      case 'trained':
        writing.hear(event.trained, () => this.#context.onView && this.#writers.follows);
        if (event.trained || writing.writer !== 'own') return;
        this.#context.notices.news(this.#strings.ownGone);
        void writing.use('shipped', writing.story.reading?.text ?? TEXT);
    }
  }

  #play(): Promise<void> {
    return this.#writing.play(
      () => this.#choices.sampling,
      () => this.#pace.value('pace'),
    );
  }

  async #copy(): Promise<void> {
    const { copied, notCopied } = this.#strings;
    try {
      await navigator.clipboard.writeText(this.#writing.story.reading?.text ?? '');
      this.#context.notices.news(copied);
    } catch {
      this.#context.notices.error(notCopied);
    }
  }

  /** What is typed may be at fault: that stands beside it. */
  #tell(error: Error): void {
    if (error.name === 'DataError') this.#paper.problem(...told(error, this.#context.language));
    else this.#context.notices.error(error);
  }

  // The address -------------------------------------------------------------------------------------------------------

  #fromAddress(): void {
    const { address } = this.#context;
    for (const id of ['temperature', 'topK', 'topP'] as const) this.#choices.set(id, address.get(id));
    const [layer, head] = ['layer', 'head'].map(
      (name) => Math.max(0, Number(address.get(name) ?? 1) - 1) || 0,
    );
    this.#attention.choose(layer, head);
  }

  #writeSoon(): void {
    this.#addressing ??= setTimeout(() => this.#write(), ADDRESS_MS);
  }

  #write(): void {
    clearTimeout(this.#addressing);
    this.#addressing = undefined;
    const { reading } = this.#writing.story;
    if (!reading) return;
    const { layer, head } = this.#attention.head;
    const told = (index: number): string | null => (index === 0 ? null : String(index + 1));
    const text = reading.text === TEXT || reading.text.length > LONGEST ? '' : reading.text;
    const settings = { ...this.#choices.unusual, layer: told(layer), head: told(head) };
    this.#context.address.set({ model: this.#writing.writer === 'own' ? 'own' : null, ...settings }, text);
  }

  // Drawing -----------------------------------------------------------------------------------------------------------

  #draw(): void {
    const writing = this.#writing;
    const { story, info, at, playing, recording, trained, readings } = writing;
    const [strings, format] = [this.#strings, this.#format];
    const { language } = this.#context;
    const texts = info?.tokens ?? [];
    const spoken = writing.writer === 'own' ? languageOfText(trained?.run.text.id ?? '') : 'en';
    const tokens = story.ids.map((id, i): ShadedToken => {
      const kind = i < story.given ? 'given' : 'written';
      return { text: texts[id] ?? '', probability: story.probability(i), kind };
    });
    const describe = ({ text, probability }: ShadedToken): string =>
      strings.tokenTold(visible(text), chance(probability ?? 0), fixed(surprise(probability ?? 1), 1));
    this.#paper.show(tokens, describe, at, spoken);
    this.#paper.setButtons({
      ...{ playing, ready: writing.ready, recorded: recording !== null },
      undoable: story.undoable,
    });
    this.#paper.say(strings, this.#state(tokens));
    if (writing.ready && !this.#paper.editing) this.#paper.problem();
    const current = at === null ? null : (story.ids[at] ?? null);
    const { origin } = writing;
    this.#choices.show(
      texts,
      origin && { ranked: origin, current, given: (at ?? 0) < story.given },
      recording !== null,
      spoken,
    );
    this.#writers.chosen = writing.writer;
    this.#writers.show(trained, readings, recording !== null, { strings, format, language });
    const { reading } = story;
    if (reading && reading !== this.#seen) this.#attention.show(reading, texts, at, spoken);
    else this.#attention.mark(at);
    this.#seen = reading;
    const note = this.#byId('recorded');
    note.hidden = recording === null;
    if (recording) setText(note, `${strings.recorded} ${strings.recordedFrom(recording.adapter)}`);
    this.#writeSoon();
  }

  /** How long the text is and how surprising, and why nothing more comes. */
  #state(tokens: readonly ShadedToken[]): string {
    const strings = this.#strings;
    const { story, info, stopped } = this.#writing;
    if (tokens.length === 0) return '';
    const known = tokens.flatMap(({ probability }) => (probability === null ? [] : [surprise(probability)]));
    const bits = known.length === 0 ? '–' : fixed(known.reduce((a, b) => a + b, 0) / known.length, 1);
    return [
      strings.state(tokens.length, tokens.length - story.given, bits),
      ...(info && tokens.length > info.context ? [strings.longer(info.context)] : []),
      ...(stopped === 'end' ? [strings.ended] : []),
      ...(stopped === 'full' ? [strings.full(MOST)] : []),
    ].join(' ');
  }

  #saySliders(): void {
    this.#pace.say({ pace: this.#strings.pace, off: '' });
  }

  get #strings(): WriteStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }
}
