import { describe, expect, test } from 'vitest';
import { readEdgeList, writeEdgeList } from './edge-list';
import { karateClub } from './karate';
import { withCut, withLabel, withMember, withoutMember, withTie } from './net';

const read = (text: string) => {
  const found = readEdgeList(text);
  if (!('net' in found)) throw new Error(JSON.stringify(found));
  return found;
};

describe('a list of edges', () => {
  test('ties members by their names, with classes that are told or kept', () => {
    const text =
      'source,target,label\nAda, Bob ,red\r\nBob;Cy;blue?\n"Cy, jr.",\tAda\n\n# a remark\nDee,,red ?\n';
    const { net, leftOut } = read(text);
    expect(net.members.map(({ name, label, told }) => [name, label, told])).toEqual([
      ['Ada', 0, true],
      ['Bob', 1, false],
      ['Cy', null, false],
      ['Cy, jr.', null, false],
      ['Dee', 0, false],
    ]);
    expect(net.classes).toEqual(['red', 'blue']);
    expect(net.ties.map(({ a, b }) => [a, b])).toEqual([
      [0, 1],
      [1, 2],
      [3, 0],
    ]);
    expect(leftOut).toEqual({ repeated: [], loops: [] });
  });

  test('comes back as it was, whatever names are', () => {
    const net = withLabel(karateClub(['Mr. Hi', 'the "Officer", retired']), 5, null);
    const alone = withMember(withoutMember(net, 33));
    expect(read(writeEdgeList(alone)).net).toMatchObject({
      classes: net.classes,
      ties: { length: alone.ties.length },
    });
    const again = read(writeEdgeList(net)).net;
    expect(again).toEqual({ ...net, classes: again.classes });
    expect(writeEdgeList(again)).toBe(writeEdgeList(net));
  });

  test('what counts for nothing is told by line: ties again, and to oneself', () => {
    const { net, leftOut } = read('a b,c\nc,a b\nc,c\na b,c');
    expect(net.ties).toHaveLength(1);
    expect(leftOut).toEqual({ repeated: [2, 4], loops: [3] });
  });

  test('lines that cannot be are told, all of them', () => {
    const wrong = 'a,b,red\n,b\nx,y,z,w\na,c,blue\n"a,b\ne,f,1\ng,h,2\ni,j,3';
    expect(readEdgeList(wrong)).toEqual({
      problems: [
        { kind: 'source', line: 2 },
        { kind: 'cells', line: 3, count: 4 },
        { kind: 'label', line: 4, name: 'a', labels: ['red', 'blue'] },
        { kind: 'quote', line: 5 },
        { kind: 'classes', line: 8, label: '3' },
      ],
    });
    expect(readEdgeList(' \n# none\n')).toEqual({ wrong: 'empty', count: 0 });
    const many = Array.from({ length: 250 }, (_, i) => `${i},${i + 1}`).join('\n');
    expect(readEdgeList(many)).toEqual({ wrong: 'members', count: 251 });
  });
});

test('changes of a graph leave it sound', () => {
  const club = karateClub(['a', 'b']);
  expect(withTie(club, 0, 1)).toBe(club);
  expect(withTie(club, 3, 3)).toBe(club);
  const without = withoutMember(club, 0);
  expect(without.ties).toHaveLength(78 - 16);
  expect(withMember(without).members.at(-1)).toEqual({ id: 34, name: '35', label: null, told: false });
  expect(withCut(club, 2, true).ties.filter(({ cut }) => cut)).toHaveLength(1);
});
