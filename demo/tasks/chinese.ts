import { chinese as training } from '../train/chinese';
import { HEADS } from '../view/heads-strings';
import type { TaskStrings } from './english';

const { settings, locked, train, pause, resume, stop, save, saveModel, load, startOver, states } = training;
const { step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, guessing, seed } = training;

/** 小任务页面的中文文本。 */
export const chinese: TaskStrings = {
  ...{ settings, locked, train, pause, resume, stop, save, saveModel, load, startOver },
  ...{ step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, guessing, seed },
  states,
  phases: { compile: training.phases.compile },
  training: training.training,

  task: '任务',
  names: { sort: '排序', reverse: '反转', copy: '抄写', add: '加法', brackets: '括号' },
  stories: {
    sort: '把数字从小到大重写一遍：每次从所有数字里找出下一个。',
    reverse: '把数字倒着写：每次多往回看一位。',
    copy: '把数字照抄一遍：注意力最简单的用法，查找。',
    add: '两数相加，从个位写起，要进位：看一列，记一位。',
    brackets: '补上没闭合的括号（没有就写 ✓），或看出它不可能配平（✗）。',
  },
  settingNames: { length: '最长输入', digits: '不同数字', kinds: '括号种类', depth: '最深嵌套' },
  addDigits: '每个数的位数',
  model: '模型',
  layers: '层数',
  heads: '每层的头数',
  off: '',
  modelFacts: (parameters) => `${parameters} 个权重，每词元 48 个数`,
  validation: '留出损失',
  left: '最多还需',
  continues: (at) => `“继续”将从第 ${at} 步接着训练。`,
  startsNew: '设置已更改：“训练”会从头训练新模型，并放弃当前模型。',
  startsAgain: '“训练”会用全新的权重重新开始：同样的种子会学出同样的结果。',

  examples: '要学什么',
  examplesIntro: '先是输入，然后是答案。点一个，让模型来回答。',
  examplesSplit:
    '所有可能的输入有四分之一被留出，由输入与种子的哈希决定：训练抽到留出的输入就重抽，所以用来检验的例子模型不可能见过。会互相泄露答案的输入（12+7 与 7+12，排序时数字相同的各行）总在同一边。',
  curve: '损失',
  curveTraining: '训练',
  curveValidation: '留出',
  curveEmpty: '答案各词元的损失。只有它们计入：输入会是什么，谁也无法预知。',
  curveSummary: (at, trained, heldOut) =>
    `各步的损失。第 ${at} 步的训练损失为 ${trained}${heldOut ? `，留出例子的损失为 ${heldOut}` : ''}。`,
  accuracy: '留出例子的准确率',
  accuracyEmpty: '从第一个到最后一个词元全对的答案有多少，对的词元有多少。',
  answersRight: (share) => `整个答案 ${share}`,
  tokensRight: (share) => `词元 ${share}`,
  accuracySummary: (at, answers, tokens) =>
    `各步的准确率。第 ${at} 步，整个答案对 ${answers}，词元对 ${tokens}。`,
  solved: (at, seconds, answers, examples) =>
    `第 ${at} 步学会，训练用时 ${seconds} 秒：${examples} 个留出的答案对了 ${answers} 个。`,
  unsolved: (at, answers, examples) =>
    `到第 ${at} 步还没学会：${examples} 个留出的答案对了 ${answers} 个。换个种子、减少数字或增加头数也许有用。`,
  stopRule: '整个答案的准确率连续两次达到 99 %，训练就会自动停下。',
  places: '按答案中的位置',
  placesIntro: '每行是答案的一个词元，每列是一次检验：哪些先学会？',
  placesEmpty: '最先填满的行，就是模型最先学会的。',
  placesAxis: '答案词元',
  stepsAxis: '步',
  placesSummary: (at, shares) => `第 ${at} 步，按答案的词元：${shares}`,
  placesCell: (at, place, share) => `第 ${at} 步，第 ${place} 个词元：对 ${share}`,

  ask: '考考它',
  askIntro: '它按现在的水平逐个词元作答，每个都接在自己前面的词元之后；学习时会反复作答。',
  askLabel: '你的输入',
  askButton: '回答',
  askEmpty: '先训练：全新的权重答出来的只是噪声。',
  placeholders: { sort: '31425', reverse: '31425', copy: '31425', add: '58+37', brackets: '([]' },
  right: (count) => `${count} 个词元全对。`,
  wrong: (right, count, answer) => `${count} 个词元对了 ${right} 个。正确答案是 ${answer}。`,
  space: '',
  asOf: (at) => `第 ${at} 步时的回答。`,
  givenRight: '，对',
  givenWrong: (truth) => `，错：应为 ${truth}`,
  weighed: (token) => `“${token}”是从这些候选中选出的`,
  problems: {
    empty: '请输入。',
    symbol: (symbol, known) => `“${symbol}”不是这个任务的符号：${known}`,
    long: (length, most) => `长度为 ${length}；这个模型最多读 ${most} 个。`,
    longNumber: (length, most) => `有一个数有 ${length} 位；这个模型只加最多 ${most} 位的数。`,
    deep: (depth, most) => `嵌套了 ${depth} 层；这个模型最多认识 ${most} 层。`,
    form: '请输入两数之和，例如 58+37。',
  },

  attention: '学会它的头',
  attentionEmpty: '学习时给每个头打分：它的注意力有多少落在答案词元所依据的词元上。',
  attentionIntro: '每行是一个在读并预测下一个的词元，每列是一个被读的词元。方框标出答案词元的依据。',
  looksFor: {
    sort: '对排序来说，是输入中所有等于下一个数字的位置。',
    reverse: '对反转来说，答案的第 i 个词元就是输入的第 n + 1 − i 个。',
    copy: '对抄写来说，答案的第 i 个词元就是输入的第 i 个。',
    add: '对加法来说，是这一列的两个数字；最后的进位没有列，不计分。',
    brackets: '对括号来说，是所缺括号要闭合的那个左括号；✓ 和 ✗ 不计分。',
  },
  best: (head, score, uniform) =>
    `${head} 做得最多：它有 ${score} 的注意力落在那里；平均看所有位置的头只有 ${uniform}。`,
  noHead: (score, uniform) =>
    `没有哪个头特别突出：最好的有 ${score} 落在那里，平均看所有位置的头有 ${uniform}。也许是几个头分工，或用了别的办法。`,
  without: (share, whole) => `关掉这个头，整个答案对 ${share}，原来是 ${whole}。`,
  spared: (share) => `只关掉这个头影响很小，整个答案仍对 ${share}：别的头可以顶上。`,
  headColumn: '头',
  scoreColumn: '落在那里的注意力',
  withoutColumn: '关掉它之后答对',
  headsTable: '所有的头',
  scores: '各步中各头的得分',
  otherLines: '其他头',
  uniformLine: '平均看',
  scoresSummary: (head, first, last) => `${head}：从 ${first} 到 ${last} 的注意力。`,
  layerOf: (layer) => `第 ${layer} 层`,
  ...HEADS.zh,

  recovered: (at) => `GPU 设备丢失，已换用新设备；模型回到第 ${at} 步。`,
  recorded:
    '没有 WebGPU，这里无法学习。以下是真实训练的录制，每个任务一次：选一个任务，点一个例子。缺少的是：其他设置、你自己的输入，以及亲眼看它学习。',
  recordedFrom: (adapter) => `录制于 ${adapter}。`,
  codeTitle: '实现它的代码',
  codeLabel: '代码',
};
