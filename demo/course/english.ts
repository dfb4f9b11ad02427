import { HEADS } from '../view/heads-strings';
import type { Chapter } from './chapters';

/** What the course says in English. */
export const english = {
  lang: 'en',
  chapters: 'Chapters',
  chapter: {
    tokens: 'Tokens',
    embeddings: 'Embeddings',
    positions: 'Positions',
    queries: 'Q, K, V',
    softmax: 'Softmax',
    heads: 'Heads',
    layers: 'Layers',
    output: 'Output',
  } satisfies Record<Chapter, string>,
  sentence: 'A sentence, which all chapters follow',
  sentences: 'Sentences to try',
  examples: [
    'The old man sat down on the',
    'She opened the door and looked at the',
    'unbelievable, unbelievably',
    'hello Hello HELLO',
  ],
  tokens: 'Its tokens: choose one to look at',
  coming: 'The model comes: 2.2 MB. Then it reads the sentence, here in this tab.',
  looksAt: (token: string) => `You look at “${token}”. Choose another token above.`,
  cut: (most: number) => `The course follows the first ${most} tokens.`,
  tokenTold: (token: string, place: number) => `Token ${place}: “${token}”`,

  tokensTitle: 'A text is cut into tokens',
  tokensLead:
    'The model knows a fixed list of pieces of text, each with a number. Frequent words are one piece, rare words are several. A dot is a space: it belongs to the word behind it.',
  tokensTry: 'Type “unbelievable” above. Then write a word in capitals.',
  tokensFact: (tokens: number, characters: number, all: string) =>
    `${characters} characters are ${tokens} tokens here. The model knows ${all} of them, and sees nothing but their numbers.`,

  embeddingsTitle: 'Each token becomes a list of numbers',
  embeddingsLead:
    'A table has one row for each token: its embedding. Training moves rows of tokens that stand in similar places towards each other. Nobody told the model what a word means.',
  embeddingsTry: 'Choose a token above, and see which others have rows like its own.',
  vectorTitle: (token: string, width: number) => `The ${width} numbers of “${token}”`,
  nearTitle: (token: string) => `Tokens most like “${token}”`,
  number: (index: number, value: string) => `Number ${index} is ${value}`,

  positionsTitle: 'Each place has numbers of its own',
  positionsLead:
    'Attention sees a set of tokens without order. So a second table has one row for each place in the text, and that row is added to the token’s. Rows of neighbouring places have become alike, without anybody asking for it.',
  positionsTry:
    'Take the positions away, and see what the model then expects. The line on a bar is what it was.',
  alikeTitle: 'How alike the rows of two places are',
  alikeName: (size: number) => `Cosines between the rows of the first ${size} places`,
  alike: (a: number, b: number, cosine: string) => `Places ${a} and ${b}: cosine ${cosine}`,
  place: 'place',
  placesTitle: 'What may follow the chosen token',
  places: 'Add positions',

  queriesTitle: 'Each token asks a question, and offers an answer',
  queriesLead:
    'Three matrices make of each token a query (what it looks for), a key (what it can be found by) and a value (what it gives). The chosen token’s query is multiplied with each key, number by number. The sum, divided by √32, is the score of that key.',
  queriesTry: 'Choose another token above: its query meets the keys of all tokens before it.',
  queryTitle: (token: string) => `The query of “${token}”`,
  productsTitle: 'Query × key, number by number, and the score of each row',
  queryCell: (index: number, value: string) => `Number ${index} of the query is ${value}`,
  product: (token: string, query: string, key: string, product: string) =>
    `“${token}”: query ${query} × key ${key} = ${product}`,
  later: (token: string) => `“${token}” stands later: it is not seen`,
  laterShort: 'later: not seen',
  layer: 'Layer',
  head: 'Head',

  softmaxTitle: 'Scores become shares of attention',
  softmaxLead:
    'Softmax takes e to the power of each score and divides by the sum, so that the shares are positive and sum to 1. The values of all tokens are then mixed by these shares: that is what the head gives to the token.',
  softmaxTry: 'Lower the temperature: the largest score takes everything. Raise it: all become equal.',
  temperature: 'Temperature',
  key: 'Token',
  score: 'Score',
  exponential: 'e^(score − largest)',
  share: 'Share',
  softmaxFact: (choices: string) => `As if choosing among ${choices} equal tokens.`,
  softmaxSame: (difference: string) =>
    `The kernel’s own shares, at temperature 1, differ by at most ${difference}.`,

  headsTitle: 'Many heads look at different things',
  headsLead:
    'Each layer does this several times at once, with other matrices: these are its heads. Training gave them different habits. Each small picture is one head: a row is a token that reads, a column one that is read.',
  headsTry: 'Choose heads: find one that looks at the token before, and one that rests on the first token.',
  attention: 'All layers and heads',
  headsFact: (itself: string, before: string, first: string) =>
    `On average, a token here draws ${itself} from itself, ${before} from the token before, ${first} from the first.`,
  reads: (token: string, from: string) => `${token}: drew on ${from}`,
  layerOf: (layer: number) => `Layer ${layer}`,
  ...HEADS.en,

  layersTitle: 'Each block adds to what is there',
  layersLead:
    'Attention brings something from other tokens, feed-forward works on each token alone. Neither replaces the token’s numbers: what it gives is added to them. So one can ask after each block what the model would say if it ended there.',
  layersTry: 'Switch blocks off, and see which ones this guess depends on.',
  block: 'After',
  start: 'Token + position',
  blocks: {
    attention: (layer: number) => `Attention ${layer}`,
    feedForward: (layer: number) => `Feed-forward ${layer}`,
  },
  switchTold: (block: string) => `${block}: add what it gives`,
  added: 'Length of what it added',
  length: 'Length of the sum',
  guesses: 'What would follow',
  layersFact: (word: string, share: string) =>
    `With these blocks, “${word}” is likeliest to follow: ${share}.`,
  layersWas: (word: string, share: string) => `With all of them it was “${word}”: ${share}.`,

  outputTitle: 'The last numbers become a choice',
  outputLead:
    'The sum of all blocks is compared with the embedding of every token. Softmax makes probabilities of it. One token is drawn, written behind the text, and everything begins anew with a text that is one token longer.',
  outputTry: 'Press a bar to write that token, and go on as long as you like.',
  writes: (word: string) => `Write “${word}”`,
  outputFact: (choices: string) => `As open as a choice among ${choices} equal tokens.`,
  writeOn: 'Go on with this text on the page Write',

  back: (chapter: string) => `Back: ${chapter}`,
  onwards: (chapter: string) => `Next: ${chapter}`,
  progress: (at: number, all: number) => `${at} of ${all}`,
  check: (difference: string) =>
    `Every number here is read back from our kernels. Taken block by block, the model says what it says when it is called as one: largest difference ${difference}.`,

  recorded:
    'Without WebGPU the model cannot run here. This is a recording of it: all chapters show its own numbers for this sentence, and blocks can be switched off one at a time. Other sentences need WebGPU.',
  recordedFrom: (adapter: string) => `Recorded on ${adapter}.`,
  oneBlock: 'Only one block was left out at a time when this was recorded.',
  lost: 'The GPU device was lost. The sentence is read again on another one.',
  codeTitle: 'The code that does this',
  codeLabel: 'Code',
};

export type CourseStrings = typeof english;
