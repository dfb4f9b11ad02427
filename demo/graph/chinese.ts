/** The same in Chinese. */
import { chinese as training } from '../train/chinese';
import type { GraphStrings } from './english';

const { settings, locked, train, pause, resume, stop, save, saveModel, load, startOver, states } = training;
const { step, of, loss, asIfAmong, stepTime, progress, left, atStep, guessing, seed, chooseFile } = training;

export const chinese: GraphStrings = {
  ...{ settings, locked, train, pause, resume, stop, save, saveModel, load, startOver },
  ...{ step, of, loss, asIfAmong, stepTime, progress, left, atStep, guessing, seed, chooseFile },
  states,
  phases: { compile: training.phases.compile },
  model: '网络',

  graph: '图',
  karate: '空手道俱乐部',
  own: '自己的图',
  stories: {
    karate:
      'Zachary，1977 年：一个空手道俱乐部的 34 名成员，以及谁和谁在俱乐部之外往来。一场争执之后，每个人跟随了教练（1）或主席（34）。网络只被告知这两个人的去向。',
    own: '自己画，或者给一份列表。标注几名成员，其余的类别由网络来找。',
  },
  clubs: ['教练一方', '主席一方'],
  paste: 'Ada,Bob,红\nBob,Cy\nCy,Dee,蓝\n每行一条边：起点,终点，若知道还可写起点的标签',
  pasteLabel: '边的列表',
  usePasted: '使用这份列表',
  listHint: '标签后加 ? 则不告诉网络，只用来检验它。“名字,,标签”是没有边的成员。',
  empty: '空白画布',
  dropHint: '把边的列表拖到这里',
  listRead: (members, ties) => `已读取：${members} 名成员，${ties} 条边。`,
  repeatedLines: (lines) => `重复的边，已略去：第 ${lines} 行。`,
  loopLines: (lines) => `连向自身的边，已略去：第 ${lines} 行。`,
  listWrong: (count) => `有 ${count} 行无法读取，图没有改变。`,
  andMore: (count) => `……还有 ${count} 行。`,
  tooMany: {
    empty: () => '里面没有边。请每行写一条：起点,终点。',
    members: (count, most) => `有 ${count} 名成员；这里最多能画 ${most} 名。`,
    ties: (count, most) => `有 ${count} 条边；这里最多能画 ${most} 条。`,
  },
  problem: (problem) => {
    const at = `第 ${problem.line} 行：`;
    switch (problem.kind) {
      case 'cells':
        return `${at}有 ${problem.count} 个单元格，应为“起点,终点,标签”。`;
      case 'source':
        return `${at}第一个逗号之前没有起点。`;
      case 'quote':
        return `${at}引号没有闭合。`;
      case 'label':
        return `${at}${problem.name} 在这里是“${problem.labels[1]}”，在前面是“${problem.labels[0]}”。`;
      case 'classes':
        return `${at}“${problem.label}”是第五个类别；这里最多区分四个。`;
    }
  },

  kind: '注意力',
  kinds: { gatv2: 'GATv2', gat: 'GAT' },
  kindNotes: {
    gatv2: '每名成员都以自己的方式给邻居排序。',
    gat: '2018 年最初的形式：所有成员对邻居的排序都相同。',
  },
  heads: '头数',
  layers: '层数',
  steps: '步数',
  off: '',
  modelFacts: (parameters) => `${parameters} 个权重，每个头 4 个数，学习率 0.01`,
  validation: '其余成员的损失',
  perSecond: '成员/秒',
  continues: (at) => `“继续”将从第 ${at} 步开始。`,
  startsNew: '设置或图已更改：“训练”会开始一个新网络，并放弃当前的。',
  startsAgain: '“训练”会用新的权重重新开始：相同的种子学到相同的结果。',
  isShipped: '这个网络在你来之前就已学好，与“训练”所做的相同。点“训练”可亲眼看它学习。',
  unfit: {
    few: '至少需要两名成员：画几名，或给一份列表。',
    oneClass: '请至少标注两名不同类别的成员：先选一名，再选它的类别。',
  },

  drawn: '谁听谁的',
  mode: '指针的作用',
  look: '查看',
  draw: '绘制',
  lookHint: '点一名成员，看它听谁的。点一条边，或把它拖开，就会剪断；再点一次就恢复。拖动成员可移动位置。',
  drawHint:
    '点空白处添加成员，从一名拖到另一名添加边，点边可删除。选中成员时的按键：1 到 4 标注类别，0 取消标注，Delete 删除成员。',
  layer: '层',
  head: '头',
  mean: '平均',
  arrange: '重新排列',
  undo: '撤销',
  addMember: '添加成员',
  legendTie: '在倾听者一端较宽',
  legendTold: '已告知',
  legendWrong: '判断错误',
  truth: '实际如此，未告知',
  graphLabel: (members, ties) => `有 ${members} 名成员、${ties} 条边的图。方向键在成员之间移动。`,
  memberLabel: (name, says) => `成员 ${name}：${says}`,
  isClass: (label, share) => `${label}，${share}`,
  isTold: (label) => `已告知：${label}`,
  notRead: '尚无判断',
  tieHint: '指向一条边：有多少注意力经过它，没有它又会怎样。',
  tieTold: (a, b, givesA, givesB) => `边 ${a} – ${b}：${a} 给它 ${givesA} 的注意力，${b} 给它 ${givesB}。`,
  tieCut: (a, b) => `边 ${a} – ${b} 已剪断。`,
  withoutIt: '没有它的话：',
  noneChanges: '没有它，所有类别都不变。',
  wouldBe: (name, label, share) => `成员 ${name} 会变成${label}（${share}）`,
  nowIs: (name, label, share, before) => `成员 ${name} 现在是${label}（${share}），原来是${before}`,
  cuts: (count) => `已剪断 ${count} 条边：`,
  cutsChange: (name, from, to) => `类别都没有变；变化最大的是成员 ${name}：把握从 ${from} 变为 ${to}`,
  putBack: '全部恢复',
  and: '；',
  space: '',
  end: '。',

  member: '一名成员',
  memberTitle: (name) => `成员 ${name}`,
  memberEmpty: '在图中点一名成员，或点下方表格里的名字。',
  noTies: '它没有边：网络只凭它自己来判断。',
  stranger: '它在网络学完之后才加入：网络只凭它的边来判断。',
  listens: '它听谁的',
  neighbour: '邻居',
  attention: '注意力',
  without: '没有这条边时',
  tieColumn: '边',
  itself: '自己',
  cut: '剪断',
  restore: '恢复',
  cutTie: (name) => `剪断与 ${name} 的边`,
  restoreTie: (name) => `恢复与 ${name} 的边`,
  stays: (share) => `不变，${share}`,
  becomes: (label, share) => `${label}，${share}`,
  itsClass: '它的类别',
  unknown: '未知',
  newClass: (number) => `类别 ${number}`,
  told: '告诉网络',
  tieTo: '连到',
  tie: '连接',
  remove: '删除成员',

  accuracy: '对其余成员的判断',
  accuracyEmpty: '学习过程中，它没有被告知的成员有多少判断正确。',
  rightLine: (right, rest) => `${rest} 名中有 ${right} 名正确`,
  accuracySummary: (at, right, rest) => `第 ${at} 步，未告知的 ${rest} 名成员中有 ${right} 名判断正确。`,
  noRest: '没有留作检验的成员：所有标签都告诉了网络，因此无法说它有多好。',
  curve: '损失',
  curveTraining: '已告知',
  curveValidation: '其余',
  curveEmpty: '已告知成员的损失，以及其余成员的损失。',
  curveSummary: (at, trained, heldOut) =>
    `各步的损失。第 ${at} 步，已告知成员的损失为 ${trained}${heldOut ? `，其余成员的损失为 ${heldOut}` : ''}。`,

  guess: '谁会成为朋友',
  guessIntro: '用同样设置的另一个网络从 85 % 的边学习谁与谁相连，然后对所有不相连的成员作判断。',
  guessButton: '猜一猜',
  guessingNow: (share) => `正在学习：${share}`,
  guessPair: (a, b) => `${a} – ${b}`,
  guessTie: (a, b) => `${a} – ${b}：连接这两名成员`,
  guessAuc: (share, held) =>
    `把没有给它看过的边（${held} 条）与不相连的成员相比，它在 ${share} 的情况下认为边更可能存在；随机则为 50 %。`,
  guessNoTest: '边太少，无法留出一部分作检验。',

  table: '以表格显示',
  memberColumn: '成员',
  classColumn: '网络的判断',
  knownColumn: '已知',
  tiesColumn: '边数',
  knownTold: (label) => `${label}，已告知`,
  knownKept: (label) => `${label}，未告知`,

  replaceQuestion: '替换你画的图？可以用“撤销”找回。',
  recovered: (at) => `GPU 设备丢失，已换用新设备，网络处于第 ${at} 步。`,
  recorded:
    '没有 WebGPU，这里无法学习。这是一个学过空手道俱乐部的网络的录制：可以查看成员，每次剪断一条边。缺少的是：学习过程、你自己的图，以及同时剪断两条边；注意力始终是所有边都在时的。',
  recordedFrom: (adapter) => `录制于 ${adapter}。`,
  codeTitle: '实现这一切的代码',
  codeLabel: '代码',
};
