import { HEADS } from '../view/heads-strings';
import type { CourseStrings } from './english';

/** 课程页面的中文文本。 */
export const chinese: CourseStrings = {
  lang: 'zh-Hans',
  chapters: '各章',
  chapter: {
    tokens: '词元',
    embeddings: '嵌入',
    positions: '位置',
    queries: 'Q、K、V',
    softmax: 'Softmax',
    heads: '注意力头',
    layers: '各层',
    output: '输出',
  },
  sentence: '一句话，所有章节都跟着它走（这个模型读的是英文）',
  sentences: '可以试试的句子',
  examples: [
    'The old man sat down on the',
    'She opened the door and looked at the',
    'unbelievable, unbelievably',
    'hello Hello HELLO',
  ],
  tokens: '它的词元：选一个来看',
  coming: '正在载入模型：2.2 MB。之后它会在这个标签页里读这句话。',
  looksAt: (token) => `正在看“${token}”。可在上面选另一个词元。`,
  cut: (most) => `课程只跟踪前 ${most} 个词元。`,
  tokenTold: (token, place) => `第 ${place} 个词元：“${token}”`,

  tokensTitle: '文本被切成词元',
  tokensLead:
    '模型认识一份固定的文本片段表，每个片段有一个编号。常见的词是一个片段，少见的词由几个片段拼成。圆点表示空格：它属于后面的词。',
  tokensTry: '在上面输入 “unbelievable”，再把一个词写成大写。',
  tokensFact: (tokens, characters, all) =>
    `这里 ${characters} 个字符是 ${tokens} 个词元。模型一共认识 ${all} 个，它看到的只是它们的编号。`,

  embeddingsTitle: '每个词元变成一串数字',
  embeddingsLead:
    '有一张表，每个词元占一行，这一行就是它的嵌入。训练会让出现在相似位置的词元的行互相靠近。没有人告诉过模型一个词是什么意思。',
  embeddingsTry: '在上面选一个词元，看哪些词元的行与它相像。',
  vectorTitle: (token, width) => `“${token}”的 ${width} 个数字`,
  nearTitle: (token) => `与“${token}”最像的词元`,
  number: (index, value) => `第 ${index} 个数字是 ${value}`,

  positionsTitle: '每个位置也有自己的数字',
  positionsLead:
    '注意力看到的是一堆没有次序的词元。所以还有第二张表，文本中的每个位置占一行，加到词元的行上。相邻位置的行变得相像，并没有人要求它们这样。',
  positionsTry: '去掉位置，看模型会期待什么。条上的竖线是原来的概率。',
  alikeTitle: '两个位置的行有多像',
  alikeName: (size) => `前 ${size} 个位置的行之间的余弦`,
  alike: (a, b, cosine) => `位置 ${a} 与 ${b}：余弦 ${cosine}`,
  place: '位置',
  placesTitle: '所选词元之后可能是什么',
  places: '加上位置',

  queriesTitle: '每个词元提出问题，也给出答案',
  queriesLead:
    '三个矩阵把每个词元变成一个查询（它在找什么）、一个键（凭什么能找到它）和一个值（它给出什么）。所选词元的查询与每个键逐个数字相乘，乘积之和除以 √32，就是这个键的得分。',
  queriesTry: '在上面选另一个词元：它的查询会遇到它之前所有词元的键。',
  queryTitle: (token) => `“${token}”的查询`,
  productsTitle: '查询 × 键，逐个数字，以及每一行的得分',
  queryCell: (index, value) => `查询的第 ${index} 个数字是 ${value}`,
  product: (token, query, key, product) => `“${token}”：查询 ${query} × 键 ${key} = ${product}`,
  later: (token) => `“${token}”在后面：看不到`,
  laterShort: '在后面：看不到',
  layer: '层',
  head: '头',

  softmaxTitle: '得分变成注意力的份额',
  softmaxLead:
    'Softmax 对每个得分取 e 的幂，再除以总和，于是各份都为正，合计为 1。然后所有词元的值按这些份额混合：这就是这个头给这个词元的东西。',
  softmaxTry: '降低温度：最高的得分拿走一切。升高温度：各份趋于相等。',
  temperature: '温度',
  key: '词元',
  score: '得分',
  exponential: 'e^(得分 − 最大值)',
  share: '份额',
  softmaxFact: (choices) => `相当于在 ${choices} 个等可能的词元中选择。`,
  softmaxSame: (difference) => `温度为 1 时，与内核自己的份额最多相差 ${difference}。`,

  headsTitle: '许多个头看不同的东西',
  headsLead:
    '每一层同时做好几遍，每遍用不同的矩阵：这就是它的头。训练使它们养成不同的习惯。每张小图是一个头：一行是在读的词元，一列是被读的词元。',
  headsTry: '选不同的头：找出看前一个词元的，和停在第一个词元上的。',
  attention: '所有层和头',
  headsFact: (itself, before, first) =>
    `平均来说，这里的词元有 ${itself} 来自它自己，${before} 来自前一个词元，${first} 来自第一个词元。`,
  reads: (token, from) => `${token}：取自 ${from}`,
  layerOf: (layer) => `第 ${layer} 层`,
  ...HEADS.zh,

  layersTitle: '每个模块都在已有的东西上再加一些',
  layersLead:
    '注意力从别的词元带来东西，前馈网络只处理词元自己。两者都不替换词元的数字：它们给出的东西是加上去的。所以可以在每个模块之后问：如果模型到此为止，它会说什么。',
  layersTry: '关掉一些模块，看这个猜测依赖哪些模块。',
  block: '之后',
  start: '词元 + 位置',
  blocks: { attention: (layer) => `注意力 ${layer}`, feedForward: (layer) => `前馈 ${layer}` },
  switchTold: (block) => `${block}：加上它给出的东西`,
  added: '所加之物的长度',
  length: '总和的长度',
  guesses: '接下来会是什么',
  layersFact: (word, share) => `用这些模块，接下来最可能是“${word}”：${share}。`,
  layersWas: (word, share) => `用全部模块时是“${word}”：${share}。`,

  outputTitle: '最后的数字变成一个选择',
  outputLead:
    '所有模块的总和与每个词元的嵌入相比较，softmax 把结果变成概率。从中抽出一个词元，写在文本后面，然后用长了一个词元的文本重新开始。',
  outputTry: '点一个条，写上这个词元，想写多久就写多久。',
  writes: (word) => `写上“${word}”`,
  outputFact: (choices) => `相当于在 ${choices} 个等可能的词元中选择。`,
  writeOn: '在“写作”页面继续写这段文本',

  back: (chapter) => `返回：${chapter}`,
  onwards: (chapter) => `下一章：${chapter}`,
  progress: (at, all) => `${at} / ${all}`,
  check: (difference) =>
    `这里的每个数字都从我们的内核读回。逐个模块地算，模型说的与整体调用时一样：最大差异 ${difference}。`,

  recorded:
    '没有 WebGPU，模型无法在这里运行。这是它的一份记录：各章显示的是它读这句话时的真实数字，模块可以一次关掉一个。要读别的句子需要 WebGPU。',
  recordedFrom: (adapter) => `记录于 ${adapter}。`,
  oneBlock: '记录时一次只去掉一个模块。',
  lost: 'GPU 设备丢失，已换用新设备重新读这句话。',
  codeTitle: '实现它的代码',
  codeLabel: '代码',
};
