/** The graph on view, where it comes from, and the way back to what it was before. */
import { readEdgeList, writeEdgeList, type EdgeList } from './net/edge-list';
import { karateClub } from './net/karate';
import type { Net } from './net/net';

export type Source = 'karate' | 'own';

interface State {
  readonly source: Source;
  readonly net: Net;
}

/** Changes that can be taken back. */
const STEPS = 100;
const NOTHING: Net = { members: [], ties: [], classes: [] };

export class Sheet {
  #now: State = { source: 'karate', net: karateClub(['1', '2']) };
  #before: State[] = [];
  /** What was drawn or given last, for those who come back from the club. */
  #own: Net = NOTHING;

  get net(): Net {
    return this.#now.net;
  }

  get source(): Source {
    return this.#now.source;
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  /** As an address has it: '' for the club, whose ties may be cut all the same. */
  get text(): string {
    return this.source === 'own' && this.net.members.length > 0 ? writeEdgeList(this.net) : '';
  }

  /** What was drawn is the visitor's own; ties that are cut leave the club the club. */
  change(net: Net, { own }: { readonly own: boolean }): void {
    if (net === this.net) return;
    this.#set({ net, source: own ? 'own' : this.source });
  }

  choose(source: Source): void {
    if (source === this.source) return;
    this.#set(source === 'own' ? { source, net: this.#own } : { source, net: karateClub(['1', '2']) });
  }

  clear(): void {
    this.#set({ source: 'own', net: NOTHING });
  }

  /** Takes a list in place of the graph, where it can be read. */
  take(list: string): EdgeList {
    const read = readEdgeList(list);
    if ('net' in read) this.#set({ source: 'own', net: read.net });
    return read;
  }

  undo(): void {
    const before = this.#before.pop();
    if (!before) return;
    this.#now = before;
    if (before.source === 'own') this.#own = before.net;
  }

  #set(state: State): void {
    this.#before = [...this.#before.slice(1 - STEPS), this.#now];
    this.#now = state;
    if (state.source === 'own') this.#own = state.net;
  }
}
