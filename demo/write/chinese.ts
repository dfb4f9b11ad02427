import { chinese as training } from '../train/chinese';
import { HEADS } from '../view/heads-strings';
import type { WriteStrings } from './english';

const { temperature, topK, topP, off, english: brown, tang, pastedText } = training;

/** 写作页面的中文文本。 */
export const chinese: WriteStrings = {
  text: '文本',
  textIntro:
    '红线上是在这里写出的文字。底色越深，模型越没有料到这个词元。点一个词元，可看它是从哪些候选中抽出的。',
  textEmpty: '正在载入模型：2.2 MB。之后它会在这个标签页里读这段文字。',
  play: '写作',
  pause: '暂停',
  step: '一个词元',
  undo: '撤销',
  edit: '编辑文本',
  done: '读这段文字',
  cancel: '取消',
  editLabel: '由模型续写的文字',
  copy: '复制',
  copied: '文本已复制。',
  notCopied: '无法复制文本。',
  pace: '每秒词元数',
  state: (tokens, written, bits) =>
    `${tokens} 个词元，其中 ${written} 个是写出的。平均每个词元 ${bits} 比特的意外程度。`,
  longer: (context) => `模型只读最后 ${context} 个词元。`,
  ended: '模型在这里结束了它的文字。',
  full: (most) => `写到 ${most} 个词元时会自动停下。`,
  tokenTold: (token, share, bits) => `“${token}”：${share}，意外程度 ${bits} 比特`,

  next: '接下来是什么',
  nextIntro:
    '最可能的词元，以及各自被抽中的概率。点一个即可写上。圆点表示空格，条上的竖线是模型自己给出的概率；斜线条已被去掉，数字是去掉之前的。',
  origin: (token) => `“${token}”是从这些候选中抽出的`,
  place: (token) => `在“${token}”的位置`,
  placeIntro: '模型在这里会从这些候选中抽取。点另一个词元，用它代替，并从那里继续。',
  originIntro: '点另一个词元，用它代替，并从那里继续。',
  toEnd: '回到末尾',
  writes: (word) => `写上“${word}”`,
  instead: (word) => `改写为“${word}”`,
  cuts: { temperature: '已去掉', topK: 'top-k 去掉', topP: 'top-p 去掉' },
  rest: (tokens, mass, drawn) =>
    `其他 ${tokens} 个词元在去掉之前共占 ${mass}，其中 ${drawn} 个仍可能被抽中。`,
  drawing: '怎样抽取词元',
  ...{ temperature, topK, topP, off },
  effects: {
    greedy: '总是取最可能的词元',
    temperature: (among) => `相当于在 ${among} 个等可能的词元中抽取`,
    all: (tokens) => `保留全部 ${tokens} 个`,
    topK: (tokens, mass) => `保留 ${tokens} 个：占概率的 ${mass}`,
    topP: (tokens, mass) => `保留其中 ${tokens} 个：占它们的 ${mass}`,
  },

  model: '模型',
  shippedFacts: '随页面提供，107 万个权重',
  own: '你的 GPT',
  ownNone: '在这个标签页里训练一个，它就能在这里写作，学习时也可以。',
  ownTrain: '训练一个 GPT',
  ownFacts: (state, step, loss, text) =>
    `${training.states[state]}：第 ${step} 步，损失 ${loss}；学习的文本：${text}`,
  ownShape: (layers, heads) => `${layers} 层，每层 ${heads} 个头`,
  ownTexts: { english: brown, tang, pastedText },
  ownGone: '这个标签页里的 GPT 已不在，改用随页面提供的模型。',
  ownUnknown: (what) => `${what}这个标签页里的 GPT 认识的是另一些字符，所以从它自己的文字开始。`,
  follow: '学习时不断重读',
  history: '截至步数',
  historyHint: '模型学习期间对这段文字的各次读法，最右边是现在的。',
  beginnings: '开头',

  attention: '它在关注什么',
  attentionIntro:
    '弧线从选中的词元指向放大的那个头所取用的词元。下面每行一层，每列一个头：选一个即可放大，其中每行是在读的词元，每列是被读的词元。',
  attentionEmpty: '模型读过文字之后，每一层、每个头的注意力会出现在这里。',
  layerOf: (layer) => `第 ${layer} 层`,
  ...HEADS.zh,
  reads: (token, from) => `${token}：取自 ${from}`,

  recorded:
    '没有 WebGPU，模型无法在这里运行。这是它的一段录制：数字都是模型自己的，滑块照样改变它们，“写作”会重放它写过的内容。缺少的是：其他文本、未被写出的词元，以及你自己的 GPT。',
  recordedFrom: (adapter) => `录制于 ${adapter}。`,
  lost: 'GPU 设备丢失，正在另一个设备上重读这段文字。',

  codeTitle: '实现它的代码',
  codeLabel: '代码',
};
