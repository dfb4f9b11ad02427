/** The course: eight chapters that follow one sentence through a GPT, number by number. */
import { PageEngine } from '../site/engine';
import { told } from '../site/notices';
import type { PageView, SiteContext } from '../site/page';
import { element, finder, setText } from '../view/dom';
import { error as small } from '../view/numbers';
import { visible } from '../view/probability-bars';
import { Segments } from '../view/segments';
import { ShadedTokens } from '../view/shaded-tokens';
import { CHAPTERS, TEXT, type Chapter } from './chapters';
import { chinese } from './chinese';
import { english, type CourseStrings } from './english';
import { unpack, type RecordedFile, type Recording } from './recording';
import { MOST, type CourseEvent, type CourseInfo, type Walk } from './session/protocol';
import { live, recorded, type CourseSource } from './sources';
import { EmbeddingsView } from './view/embeddings';
import { HeadsChapter } from './view/heads';
import { LayersView } from './view/layers';
import { OutputView } from './view/output';
import { PositionsView } from './view/positions';
import { QueriesView } from './view/queries';
import type { Scene } from './view/scene';
import { SoftmaxView } from './view/softmax';
import { TokensView } from './view/tokens';

/** Someone who types has paused. */
const PAUSE_MS = 250;

export class CoursePage implements PageView {
  readonly engine: PageEngine<'course', CourseEvent>;
  readonly #byId = finder();
  readonly #main: HTMLElement;
  readonly #context: SiteContext;
  readonly #field = this.#byId<HTMLInputElement>('sentence');
  readonly #strip = new ShadedTokens(this.#byId('tokens'));
  readonly #tokens = new TokensView();
  readonly #embeddings = new EmbeddingsView();
  readonly #positions = new PositionsView();
  readonly #queries = new QueriesView();
  readonly #softmax = new SoftmaxView();
  readonly #heads: HeadsChapter;
  readonly #layers = new LayersView();
  readonly #output = new OutputView();
  /** Chapters 4 and 5 choose a layer and a head of it. */
  readonly #choices: readonly { readonly layer: Segments; readonly head: Segments }[];
  #source: CourseSource | null = null;
  #recording: Recording | null = null;
  #info: CourseInfo | null = null;
  /** What was read last, and how it went. */
  #text = '';
  #walk: Walk | null = null;
  /** The same text without positions, and without some blocks; null: nothing is left out. */
  #placeless: Walk | null = null;
  #partial: Walk | null = null;
  #blocks: readonly boolean[] = [];
  #chapter: Chapter = CHAPTERS[0];
  /** Place of the token that is looked at; null: the last one. */
  #at: number | null = null;
  #layer = 0;
  #head = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;
  /** Texts asked for: only the last counts. */
  #turn = 0;

  constructor(main: HTMLElement, context: SiteContext) {
    [this.#main, this.#context] = [main, context];
    this.engine = new PageEngine(context.engine, 'course');
    this.#heads = new HeadsChapter(this.#strings);
    this.#choices = ['queries', 'softmax'].map((chapter) => this.#makeChoice(chapter));
  }

  start(): this {
    this.#field.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => void this.#read(), PAUSE_MS);
    });
    this.#byId('sentence-form').addEventListener('submit', (event) => event.preventDefault());
    this.#strip.onChoose = (at) => this.#look({ at });
    this.#heads.onToken = (at) => this.#look({ at });
    this.#heads.onHead = (layer, head) => this.#look({ layer, head });
    this.#positions.onSwitch = () => void this.#read();
    this.#layers.onSwitch = (blocks) => {
      this.#blocks = blocks;
      void this.#read();
    };
    this.#output.onWrite = (token) => this.#enter(`${this.#walk?.text ?? ''}${token}`);
    this.#byId('previous').addEventListener('click', () => this.#turnTo(this.#place - 1));
    this.#byId('next').addEventListener('click', () => this.#turnTo(this.#place + 1));
    this.#byId('chapters').addEventListener('click', ({ target }) => {
      const button = (target as Element).closest('button');
      if (button) this.#turnTo([...this.#byId('chapters').querySelectorAll('button')].indexOf(button));
    });
    this.#byId('sentences').addEventListener('click', ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#enter(target.textContent);
    });
    this.#fromAddress();
    void this.#open();
    return this;
  }

  say(): void {
    this.#drawFrame();
    this.#draw();
  }

  arrive(): void {
    this.#fromAddress();
    this.#drawFrame();
    void this.#read();
  }

  async #open(): Promise<void> {
    const opened = await this.engine.start((event) => this.#hear(event));
    if (opened) this.#source = live(this.engine.session!);
    else {
      const { default: file } = (await import('./recording.json')) as unknown as { default: RecordedFile };
      this.#recording = unpack(file);
      this.#source = recorded(this.#recording);
      this.#field.value = TEXT;
    }
    this.#drawFrame();
    await this.#read();
  }

  #hear(event: CourseEvent): void {
    if (event.kind !== 'recovered') return;
    this.#context.notices.news(this.#strings.lost);
    void this.#read();
  }

  // What is read ------------------------------------------------------------------------------------------------------

  #enter(text: string): void {
    this.#field.value = text;
    void this.#read();
  }

  /** Reads the sentence, whole, and again with what is switched off. */
  async #read(): Promise<void> {
    const source = this.#source;
    if (!source) return;
    clearTimeout(this.#typing);
    const turn = ++this.#turn;
    try {
      this.#info ??= await source.about();
      if (this.#blocks.length === 0) this.#blocks = Array<boolean>(2 * this.#info.layers).fill(true);
      const [text, blocks] = [this.#field.value, this.#blocks];
      const all = { positions: true, blocks: blocks.map(() => true) };
      const walk = this.#walk && text === this.#text ? this.#walk : await source.walk(text, all);
      const placeless = this.#placesOff ? await source.walk(text, { ...all, positions: false }) : null;
      const partial = blocks.includes(false) ? await source.walk(text, { ...all, blocks }) : null;
      if (turn !== this.#turn) return;
      [this.#text, this.#walk, this.#placeless, this.#partial] = [text, walk, placeless, partial];
      setText(this.#byId('problem'), '');
      if (this.#at !== null && this.#at >= walk.ids.length) this.#at = null;
      this.#draw();
      this.#write();
    } catch (error) {
      if (turn === this.#turn) this.#tell(error as Error);
    }
  }

  get #placesOff(): boolean {
    return !this.#byId<HTMLInputElement>('places').checked;
  }

  /** What is typed may be at fault: that stands beside it. */
  #tell(error: Error): void {
    if (error.name === 'DataError') {
      this.#byId('problem').replaceChildren(...told(error, this.#context.language));
    } else this.#context.notices.error(error);
  }

  // What is looked at -------------------------------------------------------------------------------------------------

  get #place(): number {
    return CHAPTERS.indexOf(this.#chapter);
  }

  #turnTo(place: number): void {
    const chapter = CHAPTERS[place];
    if (!chapter) return;
    this.#chapter = chapter;
    this.#drawFrame();
    this.#draw();
    this.#write();
    const title = this.#byId(`${chapter}-title`);
    title.focus({ preventScroll: true });
    if (title.getBoundingClientRect().top < 0) this.#byId('chapters').scrollIntoView();
  }

  #look(seen: { readonly at?: number; readonly layer?: number; readonly head?: number }): void {
    this.#at = seen.at ?? this.#at;
    this.#layer = seen.layer ?? this.#layer;
    this.#head = seen.head ?? this.#head;
    this.#draw();
    this.#write();
  }

  #fromAddress(): void {
    const { address } = this.#context;
    const wanted = CHAPTERS.find((chapter) => chapter === address.get('chapter'));
    this.#chapter = wanted ?? CHAPTERS[0];
    this.#field.value = this.#recording ? TEXT : address.text || TEXT;
    const number = (name: string): number => Math.max(0, Math.floor(Number(address.get(name) ?? 1)) - 1) || 0;
    [this.#layer, this.#head] = [number('layer'), number('head')];
    this.#at = address.get('token') === null ? null : number('token');
  }

  #write(): void {
    const told = (index: number): string | null => (index === 0 ? null : String(index + 1));
    const text = this.#field.value === TEXT ? '' : this.#field.value;
    this.#context.address.set(
      {
        chapter: this.#place === 0 ? null : this.#chapter,
        token: this.#at === null ? null : String(this.#at + 1),
        ...{ layer: told(this.#layer), head: told(this.#head) },
      },
      text,
    );
  }

  // Drawing -----------------------------------------------------------------------------------------------------------

  /** All that does not depend on the text. */
  #drawFrame(): void {
    const strings = this.#strings;
    const place = this.#place;
    const items = CHAPTERS.map((chapter, i) => {
      const button = element(
        'button',
        { type: 'button' },
        element('span', {}, String(i + 1)),
        ` ${strings.chapter[chapter]}`,
      );
      if (i === place) button.setAttribute('aria-current', 'step');
      return element('li', {}, button);
    });
    const chapters = this.#byId('chapters');
    const { scrollLeft, clientWidth } = chapters;
    chapters.replaceChildren(element('ol', {}, ...items));
    const { offsetLeft, offsetWidth } = items[place];
    const seen = offsetLeft >= scrollLeft && offsetLeft + offsetWidth <= scrollLeft + clientWidth;
    chapters.scrollLeft = seen ? scrollLeft : offsetLeft - clientWidth / 4;
    for (const section of this.#main.querySelectorAll<HTMLElement>('section[data-chapter]')) {
      section.classList.toggle('current', section.dataset.chapter === this.#chapter);
    }
    const [previous, next] = [
      this.#byId<HTMLButtonElement>('previous'),
      this.#byId<HTMLButtonElement>('next'),
    ];
    previous.hidden = place === 0;
    next.hidden = place === CHAPTERS.length - 1;
    if (place > 0) setText(previous, strings.back(strings.chapter[CHAPTERS[place - 1]]));
    if (!next.hidden) setText(next, strings.onwards(strings.chapter[CHAPTERS[place + 1]]));
    setText(this.#byId('progress'), strings.progress(place + 1, CHAPTERS.length));
    this.#field.readOnly = this.#recording !== null;
    const examples = this.#byId('sentences');
    examples.hidden = this.#recording !== null;
    examples.replaceChildren(
      ...strings.examples.map((text) => element('button', { type: 'button', lang: 'en' }, text)),
    );
    const note = this.#byId('recorded');
    note.hidden = this.#recording === null;
    if (this.#recording)
      setText(note, `${strings.recorded} ${strings.recordedFrom(this.#recording.adapter)}`);
  }

  #draw(): void {
    const strings = this.#strings;
    const [info, walk] = [this.#info, this.#walk];
    if (!info || !walk) return setText(this.#byId('state'), strings.coming);
    const texts = [...walk.ids].map((id) => info.tokens[id]);
    const at = this.#at ?? texts.length - 1;
    const layer = Math.min(this.#layer, info.layers - 1);
    const head = Math.min(this.#head, info.heads - 1);
    const scene: Scene = { info, walk, texts, at, layer, head, recorded: this.#recording !== null };
    this.#strip.draw(
      texts.map((text, place) => ({ text, probability: 1, place })),
      ({ text, place }) => strings.tokenTold(visible(text), place + 1),
    );
    this.#strip.choose(at);
    const told = [strings.looksAt(visible(texts[at])), walk.cut ? strings.cut(MOST) : ''];
    setText(this.#byId('state'), told.join(' ').trim());
    this.#drawChoices(scene);
    this.#drawChapter(scene);
    setText(this.#byId('check'), walk.difference === null ? '' : strings.check(small(walk.difference)));
    const write = this.#byId<HTMLAnchorElement>('write-on');
    write.href = new URL(`../try/write/#t=${encodeURIComponent(walk.text)}`, location.href).href;
  }

  #drawChapter(scene: Scene): void {
    const strings = this.#strings;
    switch (this.#chapter) {
      case 'tokens':
        return this.#tokens.show(scene, strings);
      case 'embeddings':
        return this.#embeddings.show(scene, strings);
      case 'positions':
        return this.#positions.show(scene, this.#placeless?.stages.at(-1) ?? null, strings);
      case 'queries':
        return this.#queries.show(scene, strings);
      case 'softmax':
        return this.#softmax.show(scene, strings);
      case 'heads':
        return this.#heads.show(scene, strings);
      case 'layers':
        return this.#layers.show(scene, (this.#partial ?? scene.walk).stages, this.#blocks, strings);
      case 'output':
        return this.#output.show(scene, strings);
    }
  }

  #makeChoice(chapter: string): { layer: Segments; head: Segments } {
    const host = this.#main.querySelector(`[data-heads="${chapter}"]`)!;
    const make = (kind: 'layer' | 'head'): Segments => {
      const name = `${chapter}-${kind}`;
      const buttons = element('div', { class: 'segments', role: 'radiogroup' });
      host.append(element('div', {}, element('span', { class: 'name', id: name }), buttons));
      buttons.setAttribute('aria-labelledby', name);
      const segments = new Segments(buttons, name, () => this.#look({ [kind]: Number(segments.chosen) }));
      return segments;
    };
    return { layer: make('layer'), head: make('head') };
  }

  #drawChoices({ info, layer, head }: Scene): void {
    const strings = this.#strings;
    for (const name of this.#main.querySelectorAll('.head-choice .name')) {
      setText(name, name.id.endsWith('layer') ? strings.layer : strings.head);
    }
    const numbered = (count: number): [string, string][] =>
      Array.from({ length: count }, (_, i) => [String(i), String(i + 1)]);
    for (const choice of this.#choices) {
      choice.layer.offer(numbered(info.layers));
      choice.head.offer(numbered(info.heads));
      choice.layer.choose(String(layer));
      choice.head.choose(String(head));
    }
  }

  get #strings(): CourseStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }
}
