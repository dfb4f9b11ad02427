/** The page Graph: holds the graph, what the worker last said of it, and hands both to the views. */
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, onClick, setText } from '../view/dom';
import { Format } from '../view/format';
import { Later } from '../view/later';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { chinese } from './chinese';
import { english, type GraphStrings } from './english';
import { askedOf, taughtOf } from './net/asked';
import {
  lessonKey,
  MOST_CLASSES,
  MOST_MEMBERS,
  memberOf,
  tieBetween,
  uncut,
  unfit,
  withCut,
  withLabel,
  withMember,
  withoutMember,
  withoutTie,
  withTie,
  type Net,
} from './net/net';
import type { Place } from './net/layout';
import { Oracle, type Ask } from './oracle';
import { unpack, type KindName, type RecordedFile, type RecordedNet } from './recording';
import recording from './recording.json';
import type { GraphEvent, GraphRun, GraphSettings, Judged } from './session/protocol';
import { sameSettings } from './settings';
import { Sheet } from './sheet';
import { AccuracyPanel } from './view/accuracy-panel';
import { GuessPanel, type ShownGuesses } from './view/guess-panel';
import { ListPanel } from './view/list-panel';
import { MemberPanel } from './view/member-panel';
import { MembersTable } from './view/members-table';
import { leastSure, type Scene } from './view/scene';
import { SettingsPanel } from './view/settings-panel';
import { Stage } from './view/stage';

const RECORDED = recording as unknown as RecordedFile;

export class GraphPage implements PageView {
  readonly engine: PageEngine<'graph', GraphEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #sheet = new Sheet();
  readonly #settings = new SettingsPanel();
  readonly #list = new ListPanel();
  readonly #stage = new Stage();
  readonly #member = new MemberPanel();
  readonly #table = new MembersTable();
  readonly #accuracy = new AccuracyPanel();
  readonly #guess = new GuessPanel();
  readonly #view = new RunView<GraphRun, 'compile'>();
  readonly #attempts: Attempts;
  readonly #oracle: Oracle;
  #judged: readonly Judged[] = [];
  /** What the run was taught, see `lessonKey`. */
  #taught: string | null = null;
  /** The same of a run that is being made ready. */
  #next: string | null = null;
  #chosen: number | null = null;
  readonly #recordings: Readonly<Record<KindName, RecordedNet>>;
  /** Somebody has chosen a member, or none: until then it is the one of which the network is least sure. */
  #hasChosen = false;
  /** Without WebGPU: there are recordings only. */
  #recorded = false;
  /** The network that the page came with is on view. */
  #isShipped = false;
  #guesses: ShownGuesses | null = null;
  #guessing: number | null = null;
  readonly #soon = new Later(() => this.#render(), 60);

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'graph');
    const { gatv2, gat } = RECORDED.runs;
    this.#recordings = { gatv2: unpack(gatv2), gat: unpack(gat) };
    this.#attempts = new Attempts(context.notices, () => this.#render());
    this.#oracle = new Oracle(
      () => {
        this.#suggest();
        this.#soon.start();
      },
      // The run itself tells of what goes wrong with it.
      (error) => {
        if (!this.#view.running) context.notices.error(error);
      },
    );
  }

  start(): this {
    this.#connect();
    this.#restore();
    this.#address();
    this.#replay();
    void this.#open();
    return this;
  }

  say(): void {
    this.#view.repaint();
    this.#accuracy.repaint();
    this.#render();
  }

  /** A link led here again, with settings of its own: a run that goes on goes first. */
  arrive(): void {
    if (this.#view.running) return;
    this.#restore();
    this.#onGraph();
  }

  takeFiles([file]: readonly File[]): void {
    if (!this.#view.running && !this.#recorded) void this.#list.take(file);
  }

  #connect(): void {
    onClick('train', () => this.#train());
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.#session?.stop());
    onClick('start-over', () => this.#startOver());
    // Toys of some seconds are not kept: the same settings make the same network again.
    this.#byId('save').parentElement!.hidden = true;
    onClick('undo', () => this.#undo());
    onClick('arrange', () => this.#stage.drawing.arrange());
    onClick('put-back', () => this.#change(uncut(this.#sheet.net), false));
    onClick('add-member', () => this.#add({ x: 0.5, y: 0.5 }));
    this.#settings.onChange = () => this.#onSettings();
    this.#list.onSource = (source) => {
      this.#sheet.choose(source);
      this.#list.tell(null);
      if (source === 'own' && this.#sheet.net.members.length === 0) this.#stage.startDrawing();
      this.#another();
    };
    this.#list.onEmpty = () => {
      this.#sheet.clear();
      this.#list.tell(null);
      this.#stage.startDrawing();
      this.#another();
    };
    this.#list.onList = (text) => this.#read(text);
    this.#stage.onChange = () => this.#render();
    this.#stage.onPoint = (tie) => this.#point(tie);
    const { drawing } = this.#stage;
    drawing.onChoose = (id) => this.#choose(id);
    drawing.onTie = (tie) => this.#takeTie(tie);
    drawing.onAdd = (place) => this.#add(place);
    drawing.onConnect = (a, b) => this.#change(withTie(this.#sheet.net, a, b), true);
    drawing.onKey = (id, key) => this.#press(id, key);
    this.#member.onChoose = (id) => this.#choose(id);
    this.#table.onChoose = (id) => this.#choose(id);
    this.#member.onTie = (tie) => this.#toggle(tie);
    this.#member.onLabel = (label, told) => this.#label(this.#chosen!, label, told);
    this.#member.onConnect = (other) => this.#change(withTie(this.#sheet.net, this.#chosen!, other), true);
    this.#member.onRemove = () => this.#remove(this.#chosen!);
    this.#guess.onGuess = () => void this.#askGuesses();
    this.#guess.onConnect = (a, b) => {
      this.#choose(a);
      this.#change(withTie(this.#sheet.net, a, b), true);
    };
  }

  #restore(): void {
    const { address } = this.#context;
    this.#settings.restore(address);
    if (address.text !== '' && address.text !== this.#sheet.text) {
      this.#list.tell(this.#sheet.take(address.text));
      this.#stage.drawing.forget();
    } else if (address.get('graph') === 'own') this.#sheet.choose('own');
    if (this.#sheet.source === 'own' && this.#sheet.net.members.length === 0) this.#stage.startDrawing();
    if (this.#sheet.source !== 'karate') return;
    for (const pair of (address.get('cut') ?? '').split(',')) {
      const [a, b] = pair
        .split('-')
        .map((name) => this.#sheet.net.members.find((one) => one.name === name)?.id);
      const tie = a === undefined || b === undefined ? -1 : tieBetween(this.#sheet.net, a, b);
      if (tie >= 0) this.#sheet.change(withCut(this.#sheet.net, tie, true), { own: false });
    }
  }

  /** The page begins with a network that has learnt; where there is a device, it reads what is changed. */
  async #open(): Promise<void> {
    if (!(await this.engine.start((event) => this.#hear(event)))) {
      this.#recorded = true;
      if (this.#sheet.source === 'own') this.#sheet.choose('karate');
      return this.#replay();
    }
    if (!this.#isShipped) return;
    await this.#attempts.run(async () => {
      const { run, weights } = this.#recordings[this.#settings.kind];
      await this.#session?.adopt({ run, weights });
    });
    this.#look();
  }

  /** Shows the network that was recorded for the kind that is chosen. */
  #replay(): void {
    const { run, history, judged, guesses } = this.#recordings[this.#settings.kind];
    this.#isShipped = true;
    this.#view.take({ kind: 'state', state: 'finished', run });
    this.#view.take({ kind: 'history', history });
    this.#judged = judged;
    this.#taught = lessonKey(new Sheet().net);
    if (this.#recorded) this.#guesses = { guesses, ids: run.known };
    this.#look();
    this.#render();
  }

  // The graph -----------------------------------------------------------------------------------------------------

  #change(net: Net, own: boolean): void {
    this.#sheet.change(net, { own });
    this.#onGraph();
  }

  /** Another graph, whose members have nothing to do with those of before. */
  #another(): void {
    this.#stage.drawing.forget();
    [this.#chosen, this.#guesses, this.#hasChosen] = [null, null, true];
    this.#oracle.forget();
    this.#onGraph();
  }

  #onGraph(): void {
    const { net } = this.#sheet;
    if (this.#chosen !== null && !memberOf(net, this.#chosen)) this.#chosen = null;
    this.#address();
    this.#look();
    this.#render();
  }

  #undo(): void {
    const { source } = this.#sheet;
    this.#sheet.undo();
    if (this.#sheet.source !== source) this.#stage.drawing.forget();
    this.#onGraph();
  }

  #read(text: string): void {
    const read = this.#sheet.take(text);
    this.#list.tell(read);
    if ('net' in read) this.#another();
    else this.#render();
  }

  #choose(id: number | null): void {
    this.#hasChosen = true;
    this.#chosen = id;
    this.#askWithout();
    this.#render();
  }

  #suggest(): void {
    const { reading } = this.#oracle;
    if (this.#hasChosen || !reading || this.#view.running) return;
    const id = leastSure(reading);
    if (id === this.#chosen) return;
    this.#chosen = id;
    queueMicrotask(() => this.#askWithout());
  }

  #point(tie: number | null): void {
    if (tie !== null) this.#askWithout([tie]);
    this.#render();
  }

  #takeTie(tie: number): void {
    if (!this.#stage.draws) return this.#toggle(tie);
    this.#change(withoutTie(this.#sheet.net, tie), true);
  }

  /** Cuts a tie or puts it back; of a recording, one at a time. */
  #toggle(tie: number): void {
    const { net } = this.#sheet;
    const cut = !net.ties[tie].cut;
    this.#change(withCut(this.#recorded ? uncut(net) : net, tie, cut), false);
  }

  #add(place: Place): void {
    const { net } = this.#sheet;
    if (net.members.length >= MOST_MEMBERS) {
      this.#context.notices.news(this.#strings.tooMany.members(net.members.length + 1, MOST_MEMBERS));
      return;
    }
    const more = withMember(net);
    const { id } = more.members.at(-1)!;
    this.#stage.drawing.put(id, place);
    this.#chosen = id;
    this.#change(more, true);
    this.#stage.drawing.focus(id);
  }

  #remove(id: number): void {
    this.#change(withoutMember(this.#sheet.net, id), true);
  }

  /** A class that is not there yet is made. */
  #label(id: number, label: number | null, told: boolean): void {
    const { net } = this.#sheet;
    const { classes } = net;
    const more =
      label !== null && label >= classes.length && classes.length < MOST_CLASSES
        ? [...classes, this.#strings.newClass(classes.length + 1)]
        : classes;
    this.#change(withLabel({ ...net, classes: more }, id, label, told), true);
  }

  #press(id: number, key: string): void {
    if (!this.#stage.draws) return;
    if (key === 'Delete') return this.#remove(id);
    const label = Number(key) - 1;
    if (label <= Math.min(MOST_CLASSES - 1, this.#sheet.net.classes.length))
      this.#label(id, label < 0 ? null : label, label >= 0);
  }

  // What the network says -----------------------------------------------------------------------------------------

  #look(): void {
    const { run } = this.#view;
    const { net } = this.#sheet;
    if (!run || run.vocabulary !== net.classes.length) return this.#oracle.forget();
    const recorded = this.#recordings[this.#settings.kind];
    if (this.#recorded || !this.engine.ready) {
      if (this.#isShipped && this.#sheet.source === 'karate') this.#oracle.replay(recorded, net);
      return;
    }
    this.#oracle.read(net, run.known, this.#ask!, this.#tiesOfChosen);
  }

  /** What would be without the ties of the member that is looked at. */
  #askWithout(ties = this.#tiesOfChosen): void {
    const { run } = this.#view;
    if (run && this.#ask && !this.#recorded) this.#oracle.also(run.known, this.#ask, ties);
  }

  get #ask(): Ask {
    const session = this.#session;
    return session && this.engine.ready ? (asked) => session.look(asked) : null;
  }

  get #tiesOfChosen(): number[] {
    const { ties } = this.#sheet.net;
    return [...ties.keys()].filter((i) => ties[i].a === this.#chosen || ties[i].b === this.#chosen);
  }

  // Calls to the worker -------------------------------------------------------------------------------------------

  #onSettings(): void {
    this.#address();
    // Nobody has trained: the network of the other kind that ships is there, too.
    if (this.#recorded || this.#isShipped) {
      this.#replay();
      const { run, weights } = this.#recordings[this.#settings.kind];
      if (!this.#recorded && this.engine.ready)
        void this.#attempts.run(async () => {
          await this.#session?.adopt({ run, weights });
          this.#look();
        });
    }
    this.#render();
  }

  async #train(settings: GraphSettings = this.#settings.settings): Promise<void> {
    const { net } = this.#sheet;
    if (!this.#session) return;
    this.#context.notices.clear();
    const why = unfit(net);
    if (why) return this.#context.notices.error(new Error(this.#strings.unfit[why]));
    this.#next = lessonKey(net);
    this.#view.prepare();
    this.#render();
    try {
      await this.#session.train(settings, taughtOf(net));
    } catch (error) {
      this.#context.notices.error(error as Error);
    }
    this.#look();
  }

  async #resume(): Promise<void> {
    if (this.#view.state === 'paused') return this.#session?.resume();
    const { run } = this.#view;
    if (!run) return;
    this.#settings.adopt(run.settings);
    await this.#train(run.settings);
  }

  async #startOver(): Promise<void> {
    await this.#attempts.run(async () => {
      await this.#session?.forget();
      this.#isShipped = false;
    });
    this.#byId('train').focus();
  }

  async #askGuesses(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const { net } = this.#sheet;
    const ids = net.members.map(({ id }) => id);
    this.#guessing = 0;
    await this.#attempts.run(async () => {
      try {
        const guesses = await session.guess(this.#settings.settings, askedOf(net, ids));
        this.#guesses = { guesses, ids };
      } catch (error) {
        if ((error as Error).name !== 'AbortError') throw error; // it was stopped
      } finally {
        this.#guessing = null;
      }
    });
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #hear(event: GraphEvent): void {
    switch (event.kind) {
      case 'adapter':
        break;
      case 'judged':
        this.#judged = [...this.#judged, event.judged];
        this.#look();
        break;
      case 'judgements':
        this.#judged = event.judged;
        break;
      case 'guessing':
        this.#guessing = event.share;
        break;
      case 'recovered':
        this.#context.notices.news(this.#strings.recovered(event.step));
        break;
      case 'state':
        this.#view.take(event);
        if (event.state === 'training' && this.#next !== null)
          [this.#taught, this.#next, this.#isShipped] = [this.#next, null, false];
        if (!event.run) {
          [this.#judged, this.#taught] = [[], null];
          this.#oracle.forget();
        }
        break;
      default:
        this.#view.take(event);
    }
    if (event.kind === 'steps' && !this.#view.due) this.#soon.start();
    else this.#render();
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  #render(): void {
    this.#soon.cancel();
    const [strings, view, sheet, oracle] = [this.#strings, this.#view, this.#sheet, this.#oracle];
    const { running, run, state, latest } = view;
    const { ready } = this.engine;
    const { settings } = this.#settings;
    const { net } = sheet;
    const format = new Format(this.#context.language);
    const classes = sheet.source === 'karate' ? strings.clubs : net.classes;
    const editable = ready && !running && !this.#recorded;
    this.#settings.say(strings, run ? strings.modelFacts(format.whole(run.parameters)) : '');
    this.#settings.setDisabled(running || !ready, { locked: running, recorded: this.#recorded });
    this.#list.show(strings, sheet.source);
    const same = run !== null && sameSettings(run.settings, settings) && this.#taught === lessonKey(net);
    const { busy } = this.#attempts;
    const buttons = { busy, ready, writing: busy && this.#guessing !== null, canTrain: true };
    view.render(strings, format, { ...buttons, canResume: same, same }, settings.steps);
    const heads = run
      ? Array.from({ length: run.settings.layers }, (_, i) =>
          i + 1 < run.settings.layers ? run.settings.heads : 1,
        )
      : [1];
    this.#stage.offer(strings, heads, !this.#recorded);
    const { reading, without } = oracle;
    const { layer, head } = this.#stage;
    const scene: Scene = { net, looked: reading, layer, head, chosen: this.#chosen };
    this.#stage.show(scene, strings, classes, without);
    const known = run?.known ?? [];
    this.#member.show(scene, { strings, classes, without, known, editable });
    this.#table.show(scene, strings, classes);
    this.#accuracy.show(run ? this.#judged : [], strings);
    this.#guess.setDisabled(!editable || busy || net.ties.length === 0);
    this.#guess.tell(strings, this.#guessing);
    this.#guess.show(strings, this.#guesses, (id) => memberOf(net, id)?.name ?? null, editable);
    this.#byId<HTMLButtonElement>('undo').disabled = !sheet.canUndo || running;
    this.#drawHint(same);
    const note = this.#byId('recorded');
    note.hidden = !this.#recorded;
    const says = `${strings.recorded}${strings.space}${strings.recordedFrom(RECORDED.adapter)}`;
    setText(note, this.#recorded ? says : '');
    this.#context.showRun(
      this.#recorded ? null : runStatus(state, latest.step, format.loss(latest.training)),
    );
  }

  /** What Train will do with the network that is there. */
  #drawHint(same: boolean): void {
    const { run, running, state } = this.#view;
    this.#byId('hint').hidden = !run || running || this.#recorded;
    if (!run || running) return;
    const { continues, startsAgain, startsNew, isShipped } = this.#strings;
    const goesOn = state === 'stopped' ? continues(run.step) : this.#isShipped ? isShipped : startsAgain;
    setText(this.#byId('hint-text'), same ? goesOn : startsNew);
    this.#byId('start-over').hidden = this.#isShipped;
  }

  #address(): void {
    const { net, source, text } = this.#sheet;
    const cuts = net.ties.filter(({ cut }) => cut && source === 'karate');
    const cut = cuts.map(({ a, b }) => `${memberOf(net, a)!.name}-${memberOf(net, b)!.name}`).join(',');
    const graph = source === 'own' ? 'own' : null;
    this.#context.address.set({ graph, cut: cut || null, ...this.#settings.address }, text);
  }

  get #session(): PageEngine<'graph', GraphEvent>['session'] {
    return this.engine.session;
  }

  get #strings(): GraphStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }
}
