/** The page See: a picture, what a model says of it, and which of its patches each word was written from. */
import { CAPTIONER } from '../models/shipped';
import { PageEngine } from '../site/engine';
import { told } from '../site/notices';
import type { PageView, SiteContext } from '../site/page';
import { element, finder, setText } from '../view/dom';
import { chinese } from './chinese';
import { english, type SeeStrings } from './english';
import { faultOf, readCaption, taught } from '../../corpora/pictures/captions';
import { draw } from '../../corpora/pictures/draw';
import { HELD_BESIDE, HELD_PAIRS, type Kind, type Scene } from '../../corpora/pictures/scene';
import { SIDE } from '../../corpora/pictures/vocabulary';
import { RECORDED, unpack, type RecordedFile, type Recording } from './recording';
import { addressOf, chosenFrom, chosenOf, FIRST, sceneFrom, sceneOf } from './scenes';
import type { Said, SeeEvent } from './session/protocol';
import { BuilderView } from './view/builder';
import { PatchesView } from './view/patches';
import { WordsView } from './view/words';

/** What is on view: a scene by its number, one put together, or a file. */
type Shown =
  | { readonly kind: 'number'; readonly number: number; readonly scene: Scene }
  | { readonly kind: 'built'; readonly address: string; readonly scene: Scene; readonly seed: number }
  | { readonly kind: 'file'; readonly file: File; readonly bitmap: ImageBitmap };

export class SeePage implements PageView {
  readonly engine: PageEngine<'see', SeeEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #canvas = this.#byId<HTMLCanvasElement>('picture');
  readonly #patches = new PatchesView(this.#byId('patches'));
  readonly #words = new WordsView(this.#byId('words'));
  readonly #builder = new BuilderView();
  readonly #through = this.#byId<HTMLInputElement>('through');
  #shown: Shown = { kind: 'number', number: FIRST, scene: sceneOf(FIRST) };
  /** What was said of it; null before that. */
  #said: Said | null = null;
  #recording: Recording | null = null;
  /** Whether a picture is being looked at. */
  #looking = false;
  /** The word that was pressed. */
  #chosen: number | null = null;
  /** Pictures asked for: only the last counts. */
  #turn = 0;

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'see');
  }

  start(): this {
    this.#patches.onPoint = (patch) => this.#pointPatch(patch);
    this.#words.onPoint = (word) => this.#pointWord(word ?? this.#chosen);
    this.#words.onChoose = (word) => {
      this.#chosen = this.#chosen === word ? null : word;
      this.#words.choose(this.#chosen);
      this.#pointWord(this.#chosen);
    };
    this.#through.addEventListener('change', () => this.#draw());
    this.#builder.onChange = (chosen) => this.#build({ ...chosen, seed: this.#seed });
    this.#builder.onAgain = () => this.#build({ ...this.#builder.chosen, seed: this.#seed + 1 });
    this.#byId('another').addEventListener('click', () => this.#another());
    const file = this.#byId<HTMLInputElement>('own-file');
    this.#byId('choose-own').addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      const chosen = file.files?.[0];
      file.value = '';
      if (chosen) void this.#open(chosen);
    });
    this.#fromAddress();
    void this.#start();
    return this;
  }

  say(): void {
    this.#builder.say(this.#strings);
    const { facts } = this.#strings;
    const card = CAPTIONER;
    const rows = (Object.keys(facts) as (keyof typeof facts)[]).flatMap((key) => [
      element('dt', {}, facts[key]),
      element('dd', {}, card[key]),
    ]);
    this.#byId('card').replaceChildren(...rows);
    this.#draw();
  }

  /** A link led here again, with a picture of its own. */
  arrive(): void {
    this.#fromAddress();
    void this.#look();
  }

  takeFiles([file]: readonly File[]): void {
    if (file) void this.#open(file);
  }

  async #start(): Promise<void> {
    const opened = await this.engine.start((event) => {
      if (event.kind !== 'recovered') return;
      this.#context.notices.news(this.#strings.lost);
      void this.#look();
    });
    if (!opened) {
      const { default: file } = (await import('./recording.json')) as unknown as { default: RecordedFile };
      this.#recording = unpack(file);
      if (this.#shown.kind !== 'number' || !this.#recording.said[this.#shown.number]) this.#show(FIRST);
    }
    await this.#look();
  }

  // What is on view --------------------------------------------------------------------------------------------------

  #fromAddress(): void {
    const { address } = this.#context;
    const built = chosenFrom(address.get('of') ?? '');
    const number = Number(address.get('scene') ?? FIRST);
    if (built) {
      this.#shown = { kind: 'built', address: addressOf(built), scene: sceneFrom(built), seed: built.seed };
      this.#builder.show(built);
    } else this.#show(Number.isInteger(number) && number >= 0 && number < 2 ** 32 ? number : FIRST);
  }

  #show(number: number): void {
    const scene = sceneOf(number);
    this.#shown = { kind: 'number', number, scene };
    this.#builder.show(chosenOf(scene, 0));
  }

  get #seed(): number {
    return this.#shown.kind === 'built' ? this.#shown.seed : 0;
  }

  #another(): void {
    const before = this.#shown.kind === 'number' ? this.#shown.number : FIRST - 1;
    this.#show(this.#recording ? FIRST + ((before + 1 - FIRST) % RECORDED) : (before + 1) % 2 ** 32);
    void this.#look();
  }

  #build(chosen: Parameters<typeof sceneFrom>[0]): void {
    this.#shown = {
      ...{ kind: 'built', address: addressOf(chosen), scene: sceneFrom(chosen), seed: chosen.seed },
    };
    void this.#look();
  }

  async #open(file: File): Promise<void> {
    if (this.#recording) return;
    const problem = this.#byId('problem');
    setText(problem, '');
    try {
      const bitmap = await createImageBitmap(file).catch(() => null);
      const turn = this.#turn;
      // The session says why a file is no picture.
      if (!bitmap) {
        await this.engine.session!.say(CAPTIONER.files, file);
        return;
      }
      if (turn !== this.#turn) return;
      this.#shown = { kind: 'file', file, bitmap };
      await this.#look();
    } catch (error) {
      problem.replaceChildren(...told(error as Error, this.#context.language));
    }
  }

  async #look(): Promise<void> {
    const turn = ++this.#turn;
    const shown = this.#shown;
    [this.#said, this.#chosen] = [null, null];
    setText(this.#byId('problem'), '');
    this.#context.address.set({
      scene: shown.kind === 'number' && shown.number !== FIRST ? String(shown.number) : null,
      of: shown.kind === 'built' ? shown.address : null,
    });
    const { session, ready } = this.engine;
    this.#looking = this.#recording !== null || ready;
    this.#draw();
    try {
      const image = shown.kind === 'file' ? shown.file : draw(shown.scene, SIDE);
      const recorded = shown.kind === 'number' ? this.#recording?.said[shown.number] : undefined;
      if (!recorded && (!session || !ready)) return;
      const said = recorded ?? (await session!.say(CAPTIONER.files, image));
      if (turn !== this.#turn) return;
      this.#said = said;
      this.#words.show(said.words.map(({ text }) => text));
      this.#patches.grid(said.grid);
    } catch (error) {
      if (turn === this.#turn) this.#context.notices.error(error as Error);
    } finally {
      if (turn === this.#turn) {
        this.#looking = false;
        this.#draw();
      }
    }
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  #draw(): void {
    const [strings, shown, said] = [this.#strings, this.#shown, this.#said];
    this.#paint();
    const own = shown.kind === 'file';
    setText(this.#byId('picture-intro'), own ? strings.ownNote : strings.pictureIntro);
    const note = this.#byId('recorded');
    note.hidden = this.#recording === null;
    if (this.#recording) {
      setText(note, `${strings.recorded} ${strings.recordedFrom(this.#recording.adapter)}`);
    }
    this.#builder.enable(this.#recording === null);
    this.#byId<HTMLButtonElement>('choose-own').disabled = this.#recording !== null;
    const empty = this.#byId('empty');
    empty.hidden = said !== null;
    setText(empty, this.#looking && this.engine.ready ? strings.looking : strings.captionEmpty);
    if (!said) this.#words.show([]);
    this.#judge();
    if (!said) return;
    const shares = this.#shares(said);
    const best = (word: number): string => this.#patches.place(indexOfMost(shares[word])).join(', ');
    this.#words.name((word) => strings.word(said.words[word].text, best(word)));
    this.#patches.name((patch) => {
      const looked = said.words.filter((_, word) => indexOfMost(shares[word]) === patch);
      return strings.patch(...this.#patches.place(patch), looked.map(({ text }) => text).join(', '));
    });
    this.#words.choose(this.#chosen);
    this.#pointWord(this.#chosen);
  }

  /** Whether it is true, what would be, and what of it is new to the model. */
  #judge(): void {
    const [strings, shown, said] = [this.#strings, this.#shown, this.#said];
    const [verdict, novelty, gloss] = ['verdict', 'novelty', 'gloss'].map((id) => this.#byId(id));
    const scene = shown.kind === 'file' ? null : shown.scene;
    const fault = said && scene ? faultOf(said.text, scene) : null;
    verdict.className = `verdict${said && scene ? (fault ? ' false' : ' true') : ''}`;
    const wanted = scene && fault ? ` ${strings.wanted(taught(scene))}` : '';
    setText(verdict, !said || !scene ? '' : fault ? `${strings.faults[fault]}${wanted}` : strings.true);
    setText(novelty, scene ? this.#novelty(scene) : '');
    setText(gloss, said ? this.#gloss(said.text) : '');
  }

  #novelty({ things }: Scene): string {
    const strings = this.#strings;
    const name = ({ colour, shape }: Pick<Kind, 'colour' | 'shape'>): string =>
      this.#context.language === 'zh'
        ? `${strings.colours[colour]}${strings.shapes[shape]}`
        : `${colour} ${shape}`;
    const pairs = things.filter(({ colour, shape }) => HELD_PAIRS.has(`${colour} ${shape}`));
    const [a, b] = things.map(({ shape }) => shape);
    const beside = HELD_BESIDE.has(`${a} ${b}`) || HELD_BESIDE.has(`${b} ${a}`);
    const all = [
      ...new Set(pairs.map((thing) => strings.unseenPair(name(thing)))),
      ...(beside ? [strings.unseenBeside(strings.shapes[a], strings.shapes[b])] : []),
    ];
    return all.length > 0 ? all.join(' ') : strings.seenAll;
  }

  /** What the caption means, in a language that is not its own. */
  #gloss(text: string): string {
    const { gloss, sizes, colours, shapes, relations } = this.#strings;
    const read = readCaption(text);
    if (!gloss || !read) return '';
    const [first, second = null] = read.kinds.map(
      ({ size, colour, shape }) => `${sizes[size]}${colours[colour]}${shapes[shape]}`,
    );
    return gloss(first, read.relation && relations[read.relation], second);
  }

  #shares(said: Said): readonly Float64Array[] {
    return said.words.map(({ last, through }) => (this.#through.checked ? through : last));
  }

  #pointWord(word: number | null): void {
    this.#words.shade(null);
    this.#patches.light(word === null || !this.#said ? null : (this.#shares(this.#said)[word] ?? null));
  }

  #pointPatch(patch: number | null): void {
    if (patch === null || !this.#said) return this.#pointWord(this.#chosen);
    this.#patches.light(null);
    this.#words.shade(this.#shares(this.#said).map((shares) => shares[patch]));
  }

  /** The picture as the eye likes it: sharper than the model reads it, which resizes a file to a square. */
  #paint(): void {
    const { width } = this.#canvas;
    const context = this.#canvas.getContext('2d')!;
    const shown = this.#shown;
    if (shown.kind === 'file') {
      context.fillStyle = '#fff';
      context.fillRect(0, 0, width, width);
      context.drawImage(shown.bitmap, 0, 0, width, width);
    } else context.putImageData(new ImageData(draw(shown.scene, width).data, width), 0, 0);
  }

  get #strings(): SeeStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }
}

const indexOfMost = (shares: Float64Array): number => shares.indexOf(Math.max(...shares));
