/**
 * The pages of the site: the one place to register one. A page is
 *
 * - an entry here;
 * - its markup, demo/PATH/index.html, with the frame's parts as the others have them;
 * - a folder demo/MODULE/ with `english.ts` and `chinese.ts` (exports `english` and `chinese`, the texts of its
 *   `data-string`, `data-label` and `data-placeholder`), and with `enter.ts`, which makes it work: see `PageModule`.
 *
 * Navigation, titles, previews, the next page in the footer and the build follow from this list.
 */
import { GUIDES } from './guides';
import type { Both } from './language';
import { REFERENCE } from './reference';

export interface SitePage {
  /** From the site's root, with a slash at its end; '' is the home page. */
  readonly path: string;
  /** Its folder in demo/. */
  readonly module: string;
  /** The verb in the header that leads to it; the first page of a group is the one that the verb leads to. */
  readonly group: GroupName | null;
  /** In the navigation. */
  readonly name: Both;
  /** Its h1. */
  readonly heading: Both;
  /** A sentence under the h1 and in previews. */
  readonly description: Both;
  /** Path of the page to read next. */
  readonly next: string;
  /** Path of the page that lists it, where it is not among its group's own. */
  readonly under?: string;
  /** Where it was before: this address still leads to it. */
  readonly formerly?: string;
}

export const GROUPS = {
  try: { en: 'Try', zh: '试用' },
  train: { en: 'Train', zh: '训练' },
  inside: { en: 'Look inside', zh: '看内部' },
  models: { en: 'Models', zh: '模型' },
  gpu: { en: 'My GPU', zh: '我的 GPU' },
  docs: { en: 'Docs', zh: '文档' },
} as const satisfies Record<string, Both>;
export type GroupName = keyof typeof GROUPS;

export const SITE_NAME = 'Heed';

/** Where the site, its code and its package are. What is '' is not known yet, and no link is drawn to it. */
export const ADDRESSES = { site: '', code: '', package: '' } as Readonly<
  Record<'site' | 'code' | 'package', string>
>;

export const PAGES: readonly SitePage[] = [
  {
    path: '',
    module: 'home',
    group: null,
    name: { en: 'Home', zh: '首页' },
    heading: {
      en: 'Transformers that run, learn and show themselves in this tab.',
      zh: '在这个标签页里运行、学习并展示自己的 Transformer。',
    },
    description: {
      en: 'Every kernel and every gradient is written by hand for WebGPU. No server: what you type stays on your machine.',
      zh: '每个内核、每个梯度都为 WebGPU 手写。没有服务器：你输入的内容不会离开你的电脑。',
    },
    next: 'try/write/',
  },
  {
    path: 'try/write/',
    module: 'write',
    group: 'try',
    name: { en: 'Write', zh: '写作' },
    heading: { en: 'Write with a model, token by token', zh: '与模型逐词元写作' },
    description: {
      en: 'See every token that the model weighs up, choose among them, go back on its choices, and watch what it attends to.',
      zh: '看模型权衡的每一个词元，在其中选择，改变它的选择，并看它在关注什么。',
    },
    next: 'try/translate/',
  },
  {
    path: 'try/translate/',
    module: 'translate',
    group: 'try',
    name: { en: 'Translate', zh: '翻译' },
    heading: { en: 'Translate, and see why', zh: '翻译，并看到缘由' },
    description: {
      en: 'Translate with a Transformer in this tab, see what each word attends to, and train your own.',
      zh: '在这个标签页里用 Transformer 翻译，看每个词在关注什么，也可以训练自己的模型。',
    },
    next: 'try/understand/',
    formerly: 'translate.html',
  },
  {
    path: 'try/understand/',
    module: 'understand',
    group: 'try',
    name: { en: 'Understand', zh: '理解' },
    heading: { en: 'Have a text understood, and see by what', zh: '让模型读懂文本，并看到依据' },
    description: {
      en: 'An encoder fills blanks, learns classes, tags and answers from your examples, shows the words that decided, and finds lines by what they mean.',
      zh: '编码器填空，从你的例子中学会分类、标注和问答，标出起决定作用的词，并按含义查找文本行。',
    },
    next: 'try/see/',
  },
  {
    path: 'try/see/',
    module: 'see',
    group: 'try',
    name: { en: 'See', zh: '看图' },
    heading: { en: 'Have a picture described, and see from where', zh: '让模型描述图片，并看到依据' },
    description: {
      en: 'A small model that learnt in Heed says what is in a picture. Point at a word and its patches light up; at a patch, and the words that looked at it.',
      zh: '用 Heed 训练的小模型说出图里有什么。指向一个词，它看过的图块就会亮起；指向一个图块，看过它的词就会亮起。',
    },
    next: 'try/graph/',
  },
  {
    path: 'try/graph/',
    module: 'graph',
    group: 'try',
    name: { en: 'Graph', zh: '图' },
    heading: { en: 'See who listens to whom', zh: '看谁在听谁的' },
    description: {
      en: 'A graph attention network finds the classes of all members from a few; cut a tie and watch them change.',
      zh: '图注意力网络从几名成员推断所有成员的类别；剪断一条边，看类别如何变化。',
    },
    next: 'try/next/',
  },
  {
    path: 'try/next/',
    module: 'next',
    group: 'try',
    name: { en: 'Next', zh: '下一件' },
    heading: { en: 'See what comes next, and why', zh: '看接下来是什么，以及为什么' },
    description: {
      en: 'Choose a few things; a Transformer over items tells what follows, because of which, beside popularity and a Markov chain.',
      zh: '选几样东西；以物品为词元的 Transformer 说出接下来是什么、因为哪几样，并与流行度和马尔可夫链对照。',
    },
    next: 'train/language/',
  },
  {
    path: 'train/language/',
    module: 'train',
    group: 'train',
    name: { en: 'Language model', zh: '语言模型' },
    heading: { en: 'Train a language model', zh: '训练一个语言模型' },
    description: {
      en: 'Train a small language model on any text, in this tab. The text never leaves your machine.',
      zh: '在这个标签页里，用任意文本训练一个小语言模型。文本不会离开你的电脑。',
    },
    next: 'train/tasks/',
  },
  {
    path: 'train/tasks/',
    module: 'tasks',
    group: 'train',
    name: { en: 'Tasks', zh: '小任务' },
    heading: { en: 'Teach a small GPT a task', zh: '教一个小 GPT 完成任务' },
    description: {
      en: 'Sort, reverse, copy, add, close brackets: learnt in this tab in seconds, judged by examples it never saw, down to the head that learnt it.',
      zh: '排序、反转、抄写、加法、补全括号：几秒钟就在这个标签页里学会，用它从未见过的例子来检验，并找出学会它的那个注意力头。',
    },
    next: 'train/tune/',
  },
  {
    path: 'train/tune/',
    module: 'tune',
    group: 'train',
    name: { en: 'Tune', zh: '微调' },
    heading: { en: 'Tune a model with an adapter', zh: '用适配器微调模型' },
    description: {
      en: 'Teach a model a text with LoRA and its kin, in this tab: the base stays as it is, and what is learnt is a small file.',
      zh: '在这个标签页里用 LoRA 等方法教模型一段文本：基础模型保持原样，学到的只是一个小文件。',
    },
    next: 'inside/',
  },
  {
    path: 'inside/',
    module: 'course',
    group: 'inside',
    name: { en: 'Course', zh: '课程' },
    heading: { en: 'Look inside a GPT, in eight chapters', zh: '八章看懂 GPT 的内部' },
    description: {
      en: 'Follow one sentence through a trained model: tokens, embeddings, positions, attention, layers and the next word, number by number.',
      zh: '跟着一句话走过一个训练好的模型：词元、嵌入、位置、注意力、各层和下一个词，逐个数字地看。',
    },
    next: 'inside/laboratory/',
  },
  {
    path: 'inside/laboratory/',
    module: 'laboratory',
    group: 'inside',
    name: { en: 'Laboratory', zh: '实验室' },
    heading: { en: 'Take attention apart', zh: '拆开注意力' },
    description: {
      en: 'Softmax, positions and one attention head, number by number, from Heed’s own kernels.',
      zh: '逐个数字地看 softmax、位置编码和一个注意力头，全部来自 Heed 自己的内核。',
    },
    next: 'train/language/',
    formerly: 'laboratory.html',
  },
  {
    path: 'models/',
    module: 'bring',
    group: 'models',
    name: { en: 'Models', zh: '模型' },
    heading: { en: 'Bring a model', zh: '带来一个模型' },
    description: {
      en: 'Open any Hugging Face checkpoint as it is: ask it, see what it attends to, teach it more, and take it home.',
      zh: '原样打开任何 Hugging Face 检查点：向它提问，看它在关注什么，继续教它，再把它带走。',
    },
    next: 'inside/',
  },
  {
    path: 'gpu/',
    module: 'gpu',
    group: 'gpu',
    name: { en: 'My GPU', zh: '我的 GPU' },
    heading: { en: 'Test and time my GPU', zh: '检验并测速我的 GPU' },
    description: {
      en: 'Is it right, how fast, what fits: kernels against float64, speeds beside the measured peak, models that fit. Nothing is sent.',
      zh: '算得对吗、有多快、能装下什么：内核与 float64 对照，速度与实测峰值相比，并列出装得下的模型。不发送任何数据。',
    },
    next: 'docs/',
  },
  {
    path: 'docs/',
    module: 'docs',
    group: 'docs',
    name: { en: 'Guides', zh: '指南' },
    heading: { en: 'Guides', zh: '指南' },
    description: {
      en: 'How to put Heed into an app, and what is in it. Every example here is a test.',
      zh: '如何把 Heed 用进应用，以及它包含什么。这里的每个示例都是测试。指南为英文。',
    },
    next: `docs/${GUIDES[0].name}/`,
  },
  ...GUIDES.map(({ name, title, description }, i): SitePage => {
    const next = i + 1 < GUIDES.length ? `docs/${GUIDES[i + 1].name}/` : 'docs/reference/';
    const about = { name: title, heading: title, description };
    return { path: `docs/${name}/`, module: 'docs', group: 'docs', ...about, next };
  }),
  {
    path: 'docs/reference/',
    module: 'docs',
    group: 'docs',
    name: { en: 'Reference', zh: '参考' },
    heading: { en: 'Reference', zh: '参考' },
    description: {
      en: 'Every name that the package exports, as the source itself describes it.',
      zh: '软件包导出的每个名称，说明取自源代码本身，为英文。',
    },
    next: `docs/reference/${REFERENCE[0].name}/`,
  },
  ...REFERENCE.map(({ name, title, description }, i): SitePage => {
    const under = 'docs/reference/';
    const next = i + 1 < REFERENCE.length ? `${under}${REFERENCE[i + 1].name}/` : 'docs/';
    const about = { name: title, heading: title, description };
    return { path: `${under}${name}/`, module: 'docs', group: 'docs', under, ...about, next };
  }),
];

/** Further links of a group, to parts of pages. */
export const PARTS: Partial<Record<GroupName, readonly { readonly path: string; readonly name: Both }[]>> = {
  train: [{ path: 'try/translate/#training', name: { en: 'Translator', zh: '翻译模型' } }],
};

/** The page at this path, 'index.html' at its end or not. */
export function pageAt(path: string): SitePage | undefined {
  const wanted = path.replace(/(^|\/)index\.html$/, '$1');
  return PAGES.find((page) => page.path === wanted);
}

/** What the browser's tab says. */
export function titleOf({ path, name, heading }: SitePage): Both {
  return path === ''
    ? { en: `${SITE_NAME}: ${heading.en}`, zh: `${SITE_NAME}：${heading.zh}` }
    : { en: `${name.en} · ${SITE_NAME}`, zh: `${name.zh} · ${SITE_NAME}` };
}
