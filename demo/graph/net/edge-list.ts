/**
 * A list of edges as people have them, a line for each: "source,target" or "source,target,label", where the label is the class of the
 * source; "name,,label" is a member without a tie. A ? behind a label keeps it from the network: it is judged by it.
 */
import { MOST_CLASSES, MOST_MEMBERS, MOST_TIES, type Member, type Net, type Tie } from './net';

/** A line that cannot be, from 1, and what it says. */
export type LineProblem =
  | { readonly kind: 'cells'; readonly line: number; readonly count: number }
  | { readonly kind: 'source' | 'quote'; readonly line: number }
  | {
      readonly kind: 'label';
      readonly line: number;
      readonly name: string;
      readonly labels: readonly [string, string];
    }
  | { readonly kind: 'classes'; readonly line: number; readonly label: string };

/** Lines that count for nothing. */
export interface LeftOut {
  /** They name a tie again. */
  readonly repeated: readonly number[];
  /** They tie a member to itself. */
  readonly loops: readonly number[];
}

export type EdgeList =
  | { readonly net: Net; readonly leftOut: LeftOut }
  | { readonly problems: readonly LineProblem[] }
  /** There are more of them than can be drawn, or none. */
  | { readonly wrong: 'empty' | 'members' | 'ties'; readonly count: number };

/** Cells of a line, between commas, semicolons or tabs; null where a quotation does not end. */
function cellsOf(line: string): string[] | null {
  const cells: string[] = [];
  const cell = /\s*(?:"((?:[^"]|"")*)"|([^",;\t]*))\s*([,;\t]|$)/y;
  for (;;) {
    const found = cell.exec(line);
    if (!found) return null;
    cells.push((found[1]?.replaceAll('""', '"') ?? found[2]).trim());
    if (found[3] === '') return cells;
  }
}

/** Names of columns, as a first line may have them. */
const HEADER = /^(source,target|from,to)(,label|,class)?$/i;

export function readEdgeList(text: string): EdgeList {
  const problems: LineProblem[] = [];
  const leftOut = { repeated: [] as number[], loops: [] as number[] };
  const members = new Map<string, Member>();
  const ties = new Map<string, Tie>();
  const classes: string[] = [];
  const memberOf = (name: string): Member => {
    const found = members.get(name) ?? { id: members.size, name, label: null, told: false };
    members.set(name, found);
    return found;
  };
  const lines = text.split(/\r\n?|\n/);
  let first = true;
  for (const [i, row] of lines.entries()) {
    if (row.trim() === '' || row.startsWith('#')) continue;
    const line = i + 1;
    const cells = cellsOf(row);
    if (!cells) problems.push({ kind: 'quote', line });
    else if (!first || !HEADER.test(cells.join(','))) take(cells, line);
    first = false;
  }
  if (problems.length > 0) return { problems };
  if (members.size === 0) return { wrong: 'empty', count: 0 };
  if (members.size > MOST_MEMBERS) return { wrong: 'members', count: members.size };
  if (ties.size > MOST_TIES) return { wrong: 'ties', count: ties.size };
  return { net: { members: [...members.values()], ties: [...ties.values()], classes }, leftOut };

  function take(cells: readonly string[], line: number): void {
    const [source, target = '', label = ''] = cells;
    if (cells.length > 3) return void problems.push({ kind: 'cells', line, count: cells.length });
    if (source === '') return void problems.push({ kind: 'source', line });
    const [a, b] = [memberOf(source), target === '' ? null : memberOf(target)];
    if (label !== '') takeLabel(source, label, line);
    if (!b) return;
    if (a.id === b.id) return void leftOut.loops.push(line);
    const key = `${Math.min(a.id, b.id)} ${Math.max(a.id, b.id)}`;
    if (ties.has(key)) leftOut.repeated.push(line);
    else ties.set(key, { a: a.id, b: b.id, cut: false });
  }

  function takeLabel(name: string, told: string, line: number): void {
    const label = told.replace(/\s*[?？]$/, '');
    const member = members.get(name)!;
    if (!classes.includes(label)) {
      if (classes.length === MOST_CLASSES) return void problems.push({ kind: 'classes', line, label });
      classes.push(label);
    }
    const index = classes.indexOf(label);
    if (member.label !== null && member.label !== index) {
      return void problems.push({ kind: 'label', line, name, labels: [classes[member.label], label] });
    }
    members.set(name, { ...member, label: index, told: label === told });
  }
}

const cellOf = (text: string): string =>
  /[",;\t\n]|^#/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** A list that reads as this graph; ties that are cut are in it. */
export function writeEdgeList({ members, ties, classes }: Net): string {
  const names = new Map(members.map(({ id, name }) => [id, cellOf(name)]));
  const labels = new Map(
    members.flatMap(({ id, label, told }) =>
      label === null ? [] : [[id, cellOf(`${classes[label]}${told ? '' : '?'}`)] as const],
    ),
  );
  const lines = members.map(({ id }) => {
    const label = labels.get(id);
    return label === undefined ? `${names.get(id)}` : `${names.get(id)},,${label}`;
  });
  return [...lines, ...ties.map(({ a, b }) => `${names.get(a)},${names.get(b)}`)].join('\n');
}
