/** The guides of docs/, each a page of the site: its text is docs/NAME.md, in English. */
import type { Both } from './language';

export interface Guide {
  /** docs/NAME.md */
  readonly name: string;
  readonly title: Both;
  readonly description: Both;
}

export const GUIDES: readonly Guide[] = [
  {
    name: 'embedding',
    title: { en: 'In your app', zh: '用在你的应用里' },
    description: {
      en: 'Install, types, workers, content security policies, bundlers, Node, Deno, Safari.',
      zh: '安装、类型、worker、内容安全策略、打包工具、Node、Deno、Safari。',
    },
  },
  {
    name: 'models',
    title: { en: 'Models', zh: '模型' },
    description: {
      en: 'Open Hugging Face folders as they are, train them, generate, and give them back.',
      zh: '直接打开 Hugging Face 文件夹，训练、生成，再原样交还。',
    },
  },
  {
    name: 'fine-tuning',
    title: { en: 'Fine-tuning', zh: '微调' },
    description: {
      en: 'Examples of your own, what is held out, every task, judged as it learns, followed in TensorBoard.',
      zh: '自己的样本、留出集、各种任务、边学边评，并可在 TensorBoard 中跟踪。',
    },
  },
  {
    name: 'adapters',
    title: { en: 'Adapters', zh: '适配器' },
    description: {
      en: 'LoRA and its kin beside frozen weights, from PEFT and for PEFT.',
      zh: '在冻结的权重旁训练 LoRA 及其同类，读写 PEFT 的文件。',
    },
  },
  {
    name: 'tasks',
    title: { en: 'Tasks', zh: '任务' },
    description: {
      en: 'Classes of texts, names, answers, fillings and embeddings, as pipelines give them.',
      zh: '文本分类、命名、问答、填空与向量，与 pipeline 的结果一致。',
    },
  },
  {
    name: 'images',
    title: { en: 'Images', zh: '图像' },
    description: {
      en: "Classes of images, words that fit them, and image processors equal to Transformers'.",
      zh: '图像分类、以文找图，以及与 Transformers 一致的图像预处理。',
    },
  },
  {
    name: 'speech',
    title: { en: 'Speech', zh: '语音' },
    description: {
      en: "Whisper writes down what is said, with times, from microphones and files; spectrograms equal to Transformers'.",
      zh: 'Whisper 把麦克风和文件里的话写成带时间的文字；频谱与 Transformers 一致。',
    },
  },
  {
    name: 'items',
    title: { en: 'Next items', zh: '推荐下一件' },
    description: {
      en: 'Recommending what comes next from a table of who chose what, and why.',
      zh: '由“谁选了什么”的表格推荐下一件，并说明理由。',
    },
  },
  {
    name: 'graphs',
    title: { en: 'Graphs', zh: '图网络' },
    description: {
      en: 'Graph attention networks on lists of edges, with the numbers of PyTorch Geometric.',
      zh: '在边的列表上训练图注意力网络，数值与 PyTorch Geometric 一致。',
    },
  },
  {
    name: 'files',
    title: { en: 'Files', zh: '文件' },
    description: {
      en: 'From the hub, the cache and disks; tokenizers; what a model takes before it is loaded.',
      zh: '来自 hub、缓存与磁盘；分词器；载入之前先知道模型要多少资源。',
    },
  },
  {
    name: 'attention',
    title: { en: 'Attention', zh: '注意力' },
    description: {
      en: 'Every option with its name in PyTorch, caches, and how to look inside.',
      zh: '每个选项及其在 PyTorch 里的名称、缓存，以及如何看到内部。',
    },
  },
  {
    name: 'positions',
    title: { en: 'Positions', zh: '位置' },
    description: {
      en: 'Six ways to tell attention where a token stands, each with a picture.',
      zh: '告诉注意力词元位置的六种方法，各有一幅图。',
    },
  },
  {
    name: 'ops',
    title: { en: 'Ops', zh: '算子' },
    description: {
      en: 'What a layer, a head or a loss of your own is made of.',
      zh: '你自己的层、头或损失由什么组成。',
    },
  },
  {
    name: 'gpus',
    title: { en: 'GPUs', zh: 'GPU' },
    description: {
      en: 'Kernels chosen by measurement on your device, and what we expect of GPUs that we have not had.',
      zh: '在你的设备上实测后选择内核，以及我们对尚未实测的 GPU 的预期。',
    },
  },
  {
    name: 'distributed',
    title: { en: 'On to PyTorch', zh: '转到 PyTorch' },
    description: {
      en: 'A training that outgrows one machine goes on there, and comes back.',
      zh: '一台机器不够时，训练在那里继续，再回来。',
    },
  },
];
