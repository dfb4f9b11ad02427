/** What the page Graph says in English. */
import type { RunState } from '../session/protocol';
import { english as training } from '../train/english';
import type { LineProblem } from './net/edge-list';

const { settings, locked, train, pause, resume, stop, save, saveModel, load, startOver, states } = training;
const { step, of, loss, asIfAmong, stepTime, progress, left, atStep, guessing, seed, chooseFile } = training;

export const english = {
  ...{ settings, locked, train, pause, resume, stop, save, saveModel, load, startOver },
  ...{ step, of, loss, asIfAmong, stepTime, progress, left, atStep, guessing, seed, chooseFile },
  states: states satisfies Record<RunState, string>,
  phases: { compile: training.phases.compile },
  model: 'Network',

  graph: 'Graph',
  karate: 'Karate club',
  own: 'Your own',
  stories: {
    karate:
      'Zachary, 1977: 34 members of a karate club, and who meets whom outside of it. After a quarrel each went with the instructor (1) or the president (34). The network is told of these two only.',
    own: 'Draw it, or give a list. Label a few members; the network finds the classes of the others.',
  },
  /** The classes of the karate club. */
  clubs: ['the instructor’s', 'the president’s'],
  paste:
    'Ada,Bob,red\nBob,Cy\nCy,Dee,blue\nA line for each tie: source,target, and the source’s label if you know it',
  pasteLabel: 'List of ties',
  usePasted: 'Use this list',
  listHint:
    'A ? behind a label keeps it from the network: it is judged by it. “name,,label” is a member without a tie.',
  empty: 'Empty sheet',
  dropHint: 'Drop a list of ties',
  listRead: (members: number, ties: number) => `Read: ${members} members, ${ties} ties.`,
  repeatedLines: (lines: string) => `Ties that were there already, left out: line ${lines}.`,
  loopLines: (lines: string) => `Ties to oneself, left out: line ${lines}.`,
  listWrong: (count: number) =>
    count === 1
      ? 'A line cannot be read; nothing was changed.'
      : `${count} lines cannot be read; nothing was changed.`,
  andMore: (count: number) => `… and ${count} more.`,
  tooMany: {
    empty: () => 'There is no tie in it. Write a line for each: source,target.',
    members: (count: number, most: number) => `It has ${count} members; at most ${most} can be drawn here.`,
    ties: (count: number, most: number) => `It has ${count} ties; at most ${most} can be drawn here.`,
  },
  problem: (problem: LineProblem): string => {
    const at = `Line ${problem.line}: `;
    switch (problem.kind) {
      case 'cells':
        return `${at}${problem.count} cells, where source,target,label are wanted.`;
      case 'source':
        return `${at}no source before the first comma.`;
      case 'quote':
        return `${at}a quotation mark is not closed.`;
      case 'label':
        return `${at}${problem.name} is “${problem.labels[1]}” here and “${problem.labels[0]}” above.`;
      case 'classes':
        return `${at}“${problem.label}” is a fifth class; at most four are told apart here.`;
    }
  },

  kind: 'Attention',
  kinds: { gatv2: 'GATv2', gat: 'GAT' },
  kindNotes: {
    gatv2: 'Each member ranks its neighbours in a way of its own.',
    gat: 'The first kind, of 2018: all members rank neighbours alike.',
  },
  heads: 'Heads',
  layers: 'Layers',
  steps: 'Steps',
  off: '',
  modelFacts: (parameters: string) => `${parameters} weights, 4 numbers a head, learning rate 0.01`,
  validation: 'Loss of the rest',
  perSecond: 'Members/s',
  continues: (at: number) => `Resume goes on from step ${at}.`,
  startsNew: 'Settings or graph changed: Train starts a new network and forgets this one.',
  startsAgain: 'Train starts over with fresh weights: the same seed learns the same.',
  isShipped: 'This network learnt before you came, as Train would do it. Train to see it happen.',
  unfit: {
    few: 'Two members are needed at least: draw some, or give a list.',
    oneClass: 'Label two members at least, of different classes: choose one, then its class.',
  },

  drawn: 'Who listens to whom',
  mode: 'What pointers do',
  look: 'Look',
  draw: 'Draw',
  lookHint:
    'Press a member to see whom it listens to. Press a tie, or drag it away, to cut it; press it again to put it back. Drag members to move them.',
  drawHint:
    'Press the empty ground for a new member, drag from one to another for a tie, press a tie to remove it. Keys on a member: 1 to 4 label it, 0 takes the label, Delete removes it.',
  layer: 'Layer',
  head: 'Head',
  mean: 'mean',
  arrange: 'Arrange',
  undo: 'Undo',
  addMember: 'Add a member',
  legendTie: 'wide at the end of the one who listens',
  legendTold: 'told',
  legendWrong: 'wrong',
  truth: 'true, not told',
  graphLabel: (members: number, ties: number) =>
    `A graph of ${members} members and ${ties} ties. Arrow keys go from member to member.`,
  memberLabel: (name: string, says: string) => `Member ${name}: ${says}`,
  isClass: (label: string, share: string) => `${label}, ${share}`,
  isTold: (label: string) => `told: ${label}`,
  notRead: 'nothing is known yet',
  tieHint: 'Point at a tie: how much attention goes over it, and what would be without it.',
  tieTold: (a: string, b: string, givesA: string, givesB: string) =>
    `Tie ${a} – ${b}: ${a} gives it ${givesA} of its attention, ${b} ${givesB}.`,
  tieCut: (a: string, b: string) => `Tie ${a} – ${b} is cut.`,
  withoutIt: 'Without it:',
  noneChanges: 'Without it, all classes stay.',
  /** A member's class, as it would be. */
  wouldBe: (name: string, label: string, share: string) => `member ${name} would be ${label} (${share})`,
  nowIs: (name: string, label: string, share: string, before: string) =>
    `member ${name} is now ${label} (${share}), was ${before}`,
  cuts: (count: number) => (count === 1 ? 'One tie is cut:' : `${count} ties are cut:`),
  cutsChange: (name: string, from: string, to: string) =>
    `no class changes; most of all member ${name} does: ${from} → ${to} sure`,
  putBack: 'Put all back',
  and: '; ',
  space: ' ',
  end: '.',

  member: 'A member',
  memberTitle: (name: string) => `Member ${name}`,
  memberEmpty: 'Press a member in the drawing, or its name in the table below.',
  noTies: 'It has no ties: the network knows it by itself alone.',
  stranger: 'It joined after the network had learnt: known by its ties alone.',
  listens: 'Whom it listens to',
  neighbour: 'Neighbour',
  attention: 'Attention',
  without: 'Without this tie',
  tieColumn: 'Tie',
  itself: 'itself',
  cut: 'Cut',
  restore: 'Put back',
  cutTie: (name: string) => `Cut the tie with ${name}`,
  restoreTie: (name: string) => `Put the tie with ${name} back`,
  stays: (share: string) => `stays, ${share}`,
  becomes: (label: string, share: string) => `${label}, ${share}`,
  itsClass: 'Its class',
  unknown: 'not known',
  newClass: (number: number) => `Class ${number}`,
  told: 'The network is told',
  tieTo: 'Tie it to',
  tie: 'Tie',
  remove: 'Remove member',

  accuracy: 'Right about the rest',
  accuracyEmpty: 'How many of the members that it was not told of it gets right, while it learns.',
  rightLine: (right: number, rest: number) => `${right} of ${rest} right`,
  accuracySummary: (at: number, right: number, rest: number) =>
    `At step ${at}, ${right} of ${rest} members that it was not told of are right.`,
  noRest: 'Nobody is kept for the test: all labels are told, so nothing can be said of how good it is.',
  curve: 'Loss',
  curveTraining: 'told',
  curveValidation: 'the rest',
  curveEmpty: 'The loss of those that it is told of, and of the rest.',
  curveSummary: (at: number, trained: string, heldOut: string) =>
    `Loss by step. At step ${at} the loss of those that it is told of is ${trained}${heldOut ? `, that of the rest ${heldOut}` : ''}.`,

  guess: 'Who may become friends',
  guessIntro:
    'Another network of these settings learns which members are tied, from 85 % of the ties; then it is asked of all who are not.',
  guessButton: 'Guess',
  guessingNow: (share: string) => `It learns: ${share}`,
  guessPair: (a: string, b: string) => `${a} – ${b}`,
  guessTie: (a: string, b: string) => `${a} – ${b}: tie them`,
  guessAuc: (share: string, held: number) =>
    `Set against a pair without a tie, a tie that it was not shown (${held} of them) was found likelier in ${share} of cases; by chance in 50 %.`,
  guessNoTest: 'There are too few ties to keep some for a test.',

  table: 'The same as a table',
  memberColumn: 'Member',
  classColumn: 'Class that it finds',
  knownColumn: 'Known',
  tiesColumn: 'Ties',
  knownTold: (label: string) => `${label}, told`,
  knownKept: (label: string) => `${label}, not told`,

  replaceQuestion: 'Replace the graph that you drew? Undo brings it back.',
  recovered: (at: number) => `The GPU device was lost. A new one took over; the network is as of step ${at}.`,
  recorded:
    'Without WebGPU nothing can learn here. This is a recording of a network that learnt the karate club: look at members, cut one tie at a time. What is missing: learning, your own graphs, and two cuts at once; attention stays that with all ties.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type GraphStrings = typeof english;
