/** What the page Understand says in English. */
import type { ExplanationMethod } from '../../models/explain/index';
import { english as bring } from '../bring/english';
import type { Found } from '../bring/session/protocol';
import type { RunState } from '../session/protocol';
import { english as training } from '../train/english';
import type { TaskName } from './session/protocol';

const { train, pause, resume, stop, startOver, states, typeRate, typeSteps } = training;
const { step, of, loss, perSecond, stepTime, progress, atStep, rate, steps, left } = training;
const { pasteLabel, usePasted, chooseFile, reading, stopFirst, own } = training;
const { shipped, hub, hubPlaceholder, token, gated, find, folder, folderHint, recent, recentNone } = bring;
const { forget, finding, storage, storages, facts, familyOf, unknownFamily, fits, fitsNot, refused } = bring;
const { noForm, trainsNot, about, card, loadModel, cancel, downloading, placing, loaded, cancelled } = bring;

export const english = {
  ...{ train, pause, resume, stop, startOver, typeRate, typeSteps },
  ...{ step, of, loss, perSecond, stepTime, progress, atStep, rate, steps, left },
  ...{ pasteLabel, usePasted, chooseFile, reading, stopFirst, own },
  ...{ shipped, hub, hubPlaceholder, token, gated, find, folder, folderHint, recent, recentNone },
  ...{ forget, finding, storage, storages, familyOf, unknownFamily, fits, fitsNot, refused, facts },
  ...{ noForm, trainsNot, about, card, loadModel, cancel, downloading, placing, loaded, cancelled },
  states: states satisfies Record<RunState, string>,
  phases: { encode: training.phases.encode, compile: training.phases.compile },
  training: training.training,
  asIfs: {
    classify: (classes: string) => `as if among ${classes} classes`,
    tag: (tags: string) => `as if among ${tags} tags`,
    ask: (places: string) => `as if among ${places} places`,
  } satisfies Record<TaskName, (choices: string) => string>,
  notHere: ({ use }: Found): string | null =>
    use === 'write' || use === 'chat' || use === 'rewrite'
      ? 'This page is for encoders, which read a text in both directions; this model writes.'
      : null,

  model: 'Model',
  modelIntro: 'Reads a text in both directions. All tabs use it.',
  elsewhere: 'Another model',
  tabsLabel: 'What to do with a text',
  tabFill: 'Fill the blank',
  tabClassify: 'Classify',
  tabTag: 'Tag',
  tabAsk: 'Ask',
  tabSearch: 'Search',
  tabs: { classify: 'Classify', tag: 'Tag', ask: 'Ask' } satisfies Record<TaskName, string>,
  learnsElsewhere: (tab: string) => `“${tab}” is learning: one tab learns at a time.`,
  busyHere: 'It learns: ask it when it has finished.',
  noModel: 'No model is loaded yet.',
  examples: 'To try',

  fillTitle: 'Which word is missing?',
  fillIntro:
    'Press a word to hide it, and the model says what it would have expected there. This is all that it ever practised.',
  sentence: 'Sentence',
  sentenceHint: 'Type your own; three underscores make a blank, too.',
  wordsLabel: 'Words of the sentence: press one to hide it',
  hide: (word: string) => `Hide “${word}”`,
  blankIs: (word: string) => `The blank, where it expects “${word}”`,
  blankEmpty: 'The blank',
  put: (word: string) => `Put “${word}” there`,
  beyond: (tokens: number, read: number) =>
    `This text has ${tokens} tokens. The model reads ${read} at once: the rest counted for nothing.`,
  candidates: 'What may stand there',
  hiddenWas: (word: string, share: string) => `“${word}” stood there: ${share}.`,
  hiddenPieces: (word: string) => `“${word}” stood there, which is several tokens; the blank is one.`,
  wentBy: (word: string) =>
    `Shaded: the words that it went by. Without them it is less sure of “${word}”, by how much each is hidden as well.`,
  fillNot:
    'This model was not trained to fill in words. The reader that ships was, and so are checkpoints “ForMaskedLM”.',

  learnTitle: 'What it learns from',
  guests: 'Guests’ messages',
  examplesLegend: 'Examples',
  guestsStory:
    'What 198 guests write to a small hotel: praise, a complaint or a question? Written for this page.',
  ownStory:
    'A table with a text and its label in each row: CSV, TSV or lines of JSON. It stays on this machine.',
  paste: 'complaint\tThe room was cold.\npraise\tWhat a lovely place!\n…',
  textColumn: 'Text is in',
  labelColumn: 'Label is in',
  header: 'The first row has names',
  column: (name: string) => (/^\d+$/.test(name) ? `column ${name}` : name),
  lessonFacts: (training: string, held: string) =>
    `It learns from ${training} and is judged by ${held} that it never sees.`,
  lessonAlike: (count: string) => `${count} are nearly alike: they stay on one side.`,
  alikeQuestion: (labels: string) => `${labels}. Are they the same?`,
  alikeSame: 'They are the same',
  alikeApart: 'Keep them apart',
  skippedTitle: 'Rows that were left out',
  noExamples: 'Choose a file, drop one on this page, or paste some rows.',
  moreSettings: 'Learning rate and steps',

  validation: 'Held-out loss',
  save: 'Save the model',
  saveModel: 'Save',
  load: 'Open a folder',
  curve: 'How it learns',
  curveTraining: 'training',
  curveValidation: 'held out',
  curveEmpty: 'Press Train: a new head is put on the encoder, and all of it learns.',
  curveSummary: (at: number, trained: string, heldOut: string) =>
    `Loss by step. At step ${at} the training loss is ${trained}${heldOut ? `, that of the held-out part ${heldOut}` : ''}.`,
  continues: (at: number) => `Resume goes on from step ${at}.`,
  startsAgain: 'Train starts over: the same settings learn the same.',
  startsNew: 'Examples or settings changed: Train teaches a new model.',
  fromFiles: 'This model came with its files. Train teaches a new one.',
  forgetQuestion: 'Forget this model? It stays in the list of those that this browser keeps.',

  judgedTitle: 'On texts that it never saw',
  judgedEmpty: 'How well it does on them, and what it gets wrong, appears here while it learns.',
  accuracy: 'Accuracy',
  macroF1: 'Macro F1',
  judgedAt: (at: number) => `after ${at} steps`,
  judgedBest: (at: number) => `It kept the weights of step ${at}, the best of all that were judged.`,
  confusionCaption: 'Rows: what a text is. Columns: what it was taken for.',
  isA: 'It is',
  takenFor: 'Taken for',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1',
  mistakes: 'What it gets wrong',
  noMistakes: 'Nothing that was held out.',
  mistake: (label: string, told: string, share: string) => `${label}, taken for ${told} (${share})`,

  requests: 'Guests’ requests',
  marked: 'Mark your own',
  tagged: 'A tagged file',
  requestsStory:
    'What guests ask of a small hotel, with persons, places, times and amounts marked by hand. Written for this page.',
  tagOwnStory:
    'CoNLL’s form: a word and its tag a line, by a tab or spaces, blank lines between sentences; B- begins a name, I- goes on. It stays on this machine.',
  markStory:
    'Write sentences, choose what you mark, and press words, or draw over several. What you mark stays in this browser.',
  'paste for tag': 'Anna\tB-person\nBerg\tI-person\narrives\tO\non\tO\nFriday\tB-time\n\nWe\tO\n…',
  markLines: 'Your sentences, one a line',
  markPlaceholder: 'Anna Berg arrives on Friday.\nWe drove here from Malden.\n…',
  markAs: 'Mark as',
  markNew: 'Another kind',
  markAdd: 'Add',
  markWords: 'Your sentences: press a word to mark it',
  markHint:
    'Words of one kind side by side are one name; press the second again to begin another, and once more to clear it. With Shift, all words since the last one. Sentences without a mark teach where nothing is.',
  markSave: 'Save as CoNLL',
  markClear: 'Clear all marks',
  markNothing: 'Mark some words: of each kind in several sentences.',
  tagFacts: (training: string, held: string) =>
    `It learns from ${training} sentences and is judged by ${held} that it never sees.`,
  spanF1: 'F1 of names',
  wordAccuracy: 'Words right',
  kind: 'Kind',
  support: 'There',
  kindCaption: 'A name counts as found where its kind, its begin and its end are right.',
  wordMistake: (word: string, label: string, told: string) => `“${word}” is ${label}, taken for ${told}`,
  /** Between things that are listed. */
  listed: ', ',
  tagTryTitle: 'Try it: tags in place',
  nothingFound: 'It finds nothing here.',
  foundText: 'Found',
  probability: 'Probability',
  offsets: 'Place',

  notes: 'A hotel’s notes',
  notesStory:
    'Notes on a hotel’s board, with questions on them: made by chance of names and sentences of our own.',
  askOwnStory:
    'A table with a text, a question and its answer in each row (CSV, TSV, lines of JSON), or a file of SQuAD. An answer must stand in its text, word for word; empty means that there is none. It stays on this machine.',
  'paste for ask': 'context,question,answer\n"Anna arrives on Friday.",Who arrives?,Anna\n…',
  contextColumn: 'Text is in',
  questionColumn: 'Question is in',
  answerColumn: 'Answer is in',
  askFacts: (questions: string, texts: string) => `${questions} questions on ${texts} texts.`,
  askSplit: (held: string) =>
    `${held} of them, on texts that it never sees, are held out to judge it. All questions on one text stay on one side.`,
  askUnanswered: (count: string) => `${count} have no answer: it learns to say so.`,
  exactMatch: 'Exact match',
  answerF1: 'F1 of words',
  answerMistake: (answer: string, told: string, share: string) =>
    `The answer is ${answer}; it said ${told} (${share})`,
  askTryTitle: 'Ask a text',
  askHonest:
    'It can do what its examples taught it, and no more. Of the held-out questions on these notes the small reader answers about two in three word for word, some of the others wrongly and surely. Do not expect it to understand other texts: a model that was trained on SQuAD does, and can be chosen under Model.',
  askEmpty:
    'Once it has learnt, ask a text of your own here. A model “ForQuestionAnswering” answers as soon as it is loaded.',
  askText: 'Your text',
  askQuestion: 'Your question',
  askImpossible: 'There may be no answer',
  askAnswers: 'Answers',
  askPlace: 'In the text',
  askNone: 'no answer',
  askBest: (answer: string, share: string) => `${answer} (${share})`,
  askWindows: (windows: number, length: number) =>
    `The text is long: it was read in ${windows} windows of ${length} tokens that overlap.`,
  showAnswer: (answer: string) => `Show “${answer}” in the text`,

  tryTitle: 'Try it, and see which words decided',
  tryEmpty: 'Once it has learnt, type a sentence of your own here.',
  tryLabel: 'Your sentence',
  classes: 'Classes',
  why: (label: string) => `Why “${label}”`,
  whyClass: (label: string) => `Which words speak for “${label}”?`,
  method: 'How it is told',
  methods: {
    integratedGradients: 'Integrated gradients',
    gradientInput: 'Gradient × input',
    leaveOneOut: 'Leave one out',
    attention: 'Attention',
    rollout: 'Rollout',
  } satisfies Record<ExplanationMethod, string>,
  methodStories: {
    integratedGradients:
      'Gradients on the way from a text of masks to this one, times what each word adds: they sum up to the change of the log-odds.',
    gradientInput: 'The gradient at this text, times the word’s own numbers: one step, quick and rough.',
    leaveOneOut: 'By how much the log-odds fall when the word’s tokens are left out, one after the other.',
    attention:
      'Where the last layer looks from the token that the class is read from. It knows no for and against.',
    rollout: 'Where all layers look, multiplied from below. It knows no for and against.',
  } satisfies Record<ExplanationMethod, string>,
  gap: (gap: string) => `The sum misses by ${gap}.`,
  speaksFor: (label: string) => `for ${label}`,
  speaksAgainst: (label: string) => `against ${label}`,
  lookedAt: 'looked at',
  wordScore: (word: string, score: string) => `${word}: ${score}`,

  faithTitle: 'Which explanation is true of this model?',
  faithIntro:
    'Explanations please more easily than they are right. The test leaves out the fifth of a held-out text that a method calls decisive: if the method is right, the model is less sure of its class than without words drawn at random.',
  faithTest: 'Test all five',
  faithRunning: (done: number, total: number) => `Text ${done} of ${total}`,
  faithMethod: 'Method',
  faithDrop: 'Its words left out',
  faithRandom: 'Random words left out',
  faithBetter: 'Ahead in',
  faithUnit: 'Fall of the log-odds of the class, mean of the held-out texts.',
  faithBest: (method: string) => `Here ${method} tells most truly what this model goes by.`,
  faithNone: 'Here no method does better than random words: none of them tells what this model goes by.',

  keptTitle: 'Kept in this browser',
  keptIntro: 'What has learnt stays here when you leave, and nowhere else.',
  keptNone: 'Nothing yet.',
  titles: {
    ...{ guests: 'Guests’ messages', requests: 'Guests’ requests', notes: 'A hotel’s notes' },
    ...{ pasted: 'Pasted rows', marked: 'Your marks', folder: 'A folder' },
  },
  open: 'Open',
  deleteOne: (title: string) => `Delete ${title}`,
  keptScores: {
    classify: (f1: string) => `macro F1 ${f1}`,
    tag: (f1: string) => `F1 ${f1}`,
    ask: (f1: string) => `F1 of words ${f1}`,
  } satisfies Record<TaskName, (f1: string) => string>,

  searchTitle: 'Find lines by what they mean',
  searchIntro:
    'Each line becomes a point; lines that the model reads alike are near each other, whatever words they use.',
  lines: 'Lines',
  linesName: 'Which lines',
  guestsLines: 'Guests’ messages',
  ownLines: 'Your own',
  ownLinesHint: 'One text a line, up to 5,000. They stay on this machine.',
  linesPlaceholder: 'A line\nAnother line\n…',
  useLines: 'Use these lines',
  query: 'Look for',
  search: 'Search',
  rowsName: 'Read by',
  rowsBase: 'The encoder as it came',
  rowsTaught: 'Your classifier',
  rowsHint: 'Teach it in Classify, and the same lines come apart by class.',
  linesFacts: (lines: string) => `${lines} lines`,
  linesLeft: (left: string) => `${left} more were left out`,
  linesCut: (lines: string) => `of ${lines} longer ones only the beginning was read`,
  embedding: (done: number, total: number) => `Reading: ${done} of ${total} lines`,
  hits: 'Nearest lines',
  hitsEmpty: 'The nearest lines appear here.',
  mapTitle: 'Map',
  mapIntro: (first: string, second: string) =>
    `The plane in which the lines differ most: ${first} of their variance across, ${second} up.`,
  mapLabel: (lines: string, nearest: string) =>
    `A map of ${lines} lines. Nearest to the query: ${nearest}. The list beside it has them in order.`,
  mapHint: 'Point at the map to read a line.',
  mapQuery: 'what you look for',
  mapHits: 'nearest',
  mapTold: 'As your classifier tells them:',
  mapMeant: 'As their writers meant them:',
  centred:
    'This model was never taught what is near what: the middle of all lines is taken from each, and what is left is compared.',

  filesIntro:
    '“Save the model” gives a Hugging Face folder: from_pretrained opens it, and so does “Open a folder” here.',
  saved: (count: number) => `The model is saved: ${count} files.`,
  recovered: (at: number) =>
    at > 0
      ? `The GPU device was lost. A new one took over, from step ${at}.`
      : 'The GPU device was lost. A new one took over.',
  recorded:
    'Without WebGPU nothing can be computed here. This is a recording of the reader that ships, with the sentences that are offered. What is missing: your own texts, other models, and watching it happen.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  /** Between two sentences. */
  space: ' ',
  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type UnderstandStrings = typeof english;
