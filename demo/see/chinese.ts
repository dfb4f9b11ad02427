import type { SeeStrings } from './english';

/** What the page See says in Chinese. */
export const chinese: SeeStrings = {
  picture: '图片',
  pictureIntro: '在这里随机绘制。指向一个图块，或用方向键逐块移动，看哪些词看过它。',
  patchesLabel: '图片的图块',
  patch: (row, column, words) =>
    `第 ${row} 行第 ${column} 列的图块：${words === '' ? '没有词看这里' : `看过它的词：${words}`}`,
  another: '换一张',
  ownPicture: '用自己的图片 …',
  ownNote: '这是模型所读到的你的图片。它只学过画出来的图形，在任何图里都会看出图形来。',
  file: '本机上的一张图片',

  caption: '模型怎么说',
  captionIntro: '指向或选中一个词，写出它时所看的图块就会亮起。',
  captionEmpty: '模型正在到来：半兆字节。随后它就在这个标签页里看图。',
  looking: '正在看图 …',
  wordsLabel: '描述中的词',
  word: (word, patch) => `${word}：看得最多的图块是 ${patch}`,
  through: '追溯编码器在图块之间搬运的内容',
  throughHint: '把解码器各词对图块的注意力，沿编码器各层往回推（rollout）。',
  true: '与图相符。',
  faults: {
    words: '这不是一句描述。',
    count: '不符：东西的数目不对。',
    kind: '不符：它说的东西图里没有。',
    relation: '不符：两者的位置关系不是这样。',
  },
  wanted: (caption) => `正确的一句：${caption}。`,
  unseenPair: (pair) => `学习时从没给它看过${pair}。`,
  unseenBeside: (a, b) => `学习时从没给它看过${a}和${b}在一起。`,
  seenAll: '学习时它见过这样的东西和搭配，但没见过这张图。',

  build: '自己拼一张图',
  buildIntro: '选定图里有什么，看模型是否还说得对。',
  first: '第一个',
  second: '第二个',
  size: '大小',
  colour: '颜色',
  shape: '形状',
  relation: '第一个在第二个的',
  two: '还有第二个',
  again: '换个位置',
  sizes: { small: '小', large: '大' },
  colours: {
    ...{
      red: '红',
      orange: '橙',
      yellow: '黄',
      green: '绿',
      blue: '蓝',
      purple: '紫',
      pink: '粉',
      black: '黑',
    },
  },
  shapes: { circle: '圆', square: '方块', triangle: '三角', star: '星', cross: '十字', ring: '圆环' },
  relations: { 'left of': '左边', 'right of': '右边', above: '上方', below: '下方' },
  gloss: (first, relation, second) =>
    second === null ? `意思是：${first}` : `意思是：${first}在${second}的${relation}`,

  model: '模型',
  modelFacts: '关于模型',
  facts: { training: '训练', scores: '成绩', data: '数据', adapter: '训练所用设备' },

  recorded:
    '没有 WebGPU，模型不能在这里运行。这些图片是以前描述好的，仍可逐词查看。缺少的是：其他图片，以及你自己的图片。',
  recordedFrom: (adapter) => `录制于 ${adapter}。`,
  lost: 'GPU 设备丢失了。正在另一个设备上重新看图。',

  codeTitle: '实现这些的代码',
  codeLabel: '代码',
};
