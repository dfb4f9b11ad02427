/** A graph as the page has it: members, ties without a direction, and what is known of their classes. Every change gives another one. */

export interface Member {
  /** Stays as long as the member does; a network knows it by this. */
  readonly id: number;
  readonly name: string;
  /** Into `classes`; null where it is not known. */
  readonly label: number | null;
  /** The network is told of it. Labels that it is not told of are what it is judged by. */
  readonly told: boolean;
}

export interface Tie {
  readonly a: number;
  readonly b: number;
  /** Taken away for now. */
  readonly cut: boolean;
}

export interface Net {
  readonly members: readonly Member[];
  readonly ties: readonly Tie[];
  readonly classes: readonly string[];
}

/** Classes that colours and shapes tell apart. */
export const MOST_CLASSES = 4;
/** What still can be drawn. */
export const MOST_MEMBERS = 200;
export const MOST_TIES = 1000;

export const memberOf = ({ members }: Net, id: number): Member | undefined =>
  members.find((one) => one.id === id);

/** Where two members' tie stands among all; -1: they have none. */
export const tieBetween = ({ ties }: Net, a: number, b: number): number =>
  ties.findIndex((tie) => (tie.a === a && tie.b === b) || (tie.a === b && tie.b === a));

export function withMember(net: Net): Net {
  const id = net.members.reduce((most, one) => Math.max(most, one.id), -1) + 1;
  let name = net.members.length + 1;
  while (net.members.some((one) => one.name === String(name))) name++;
  const member = { id, name: String(name), label: null, told: false };
  return { ...net, members: [...net.members, member] };
}

export function withoutMember(net: Net, id: number): Net {
  return {
    ...net,
    members: net.members.filter((one) => one.id !== id),
    ties: net.ties.filter(({ a, b }) => a !== id && b !== id),
  };
}

/** Two members are tied; those who are already, or one and itself, change nothing. */
export function withTie(net: Net, a: number, b: number): Net {
  if (a === b || tieBetween(net, a, b) >= 0) return net;
  return { ...net, ties: [...net.ties, { a, b, cut: false }] };
}

export const withoutTie = (net: Net, index: number): Net => ({
  ...net,
  ties: net.ties.filter((_, i) => i !== index),
});

export const withCut = (net: Net, index: number, cut: boolean): Net => ({
  ...net,
  ties: net.ties.map((tie, i) => (i === index ? { ...tie, cut } : tie)),
});

export const uncut = (net: Net): Net => ({ ...net, ties: net.ties.map((tie) => ({ ...tie, cut: false })) });

/** A label that is set by hand is told; null takes it away. */
export const withLabel = (net: Net, id: number, label: number | null, told = label !== null): Net => ({
  ...net,
  members: net.members.map((one) => (one.id === id ? { ...one, label, told } : one)),
});

/** Why nothing can be learnt from it; null where something can. */
export function unfit({ members }: Net): 'few' | 'oneClass' | null {
  if (members.length < 2) return 'few';
  const told = new Set(members.filter((one) => one.told).map((one) => one.label));
  return told.size < 2 ? 'oneClass' : null;
}

/** What a network learns from; the same text, the same lesson. */
export function lessonKey({ members, ties, classes }: Net): string {
  const left = ties.filter(({ cut }) => !cut).map(({ a, b }) => [a, b]);
  return JSON.stringify([members.map(({ id, label, told }) => [id, label, told]), left, classes.length]);
}
