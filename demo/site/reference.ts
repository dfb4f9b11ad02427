/**
 * The pages of the reference: every name that the package exports stands on one of them, or says on which it does.
 * Their texts are the source's docstrings, in English; demo/docs/reference makes them.
 */
import type { Both } from './language';

export interface ReferencePage {
  /** In its address: docs/reference/NAME/. */
  readonly name: string;
  /** What one imports from, as in package.json's `exports`. */
  readonly entry: string;
  /** The files of these names: paths, or folders with a slash at their end. */
  readonly files: readonly string[];
  readonly title: Both;
  readonly description: Both;
}

export const REFERENCE: readonly ReferencePage[] = [
  {
    name: 'device',
    entry: 'heed',
    files: ['engine/runtime/', 'engine/tuning/', 'engine/graph/', 'engine/errors.ts', 'engine/hash.ts'],
    title: { en: 'Device and graph', zh: '设备与图' },
    description: {
      en: 'Devices, graphs, compiled plans, tensors and errors: what every computation goes through.',
      zh: '设备、图、编译好的计划、张量与错误：一切计算都经过它们。',
    },
  },
  {
    name: 'ops',
    entry: 'heed',
    files: ['engine/shaders/'],
    title: { en: 'Ops', zh: '算子' },
    description: {
      en: 'Every op of the engine, each with its backward pass: attention, matmul, norms, losses, sampling.',
      zh: '引擎的每个算子及其反向传播：注意力、矩阵乘法、归一化、损失、采样。',
    },
  },
  {
    name: 'layers',
    entry: 'heed',
    files: ['engine/nn/'],
    title: { en: 'Layers', zh: '层' },
    description: {
      en: 'Parameters and their store, linear layers, norms, positions, transformer blocks and adapters.',
      zh: '参数及其存储、线性层、归一化、位置、Transformer 块与适配器。',
    },
  },
  {
    name: 'texts',
    entry: 'heed',
    files: ['engine/io/'],
    title: { en: 'Texts and files', zh: '文本与文件' },
    description: {
      en: 'Tokenizers, texts and safetensors files.',
      zh: '分词器、文本与 safetensors 文件。',
    },
  },
  {
    name: 'training',
    entry: 'heed',
    files: ['engine/train/'],
    title: { en: 'Training', zh: '训练' },
    description: {
      en: 'Runs, objectives, optimizers, schedules, batches and checkpoints.',
      zh: '训练、目标、优化器、学习率计划、批次与检查点。',
    },
  },
  {
    name: 'models',
    entry: 'heed/models',
    files: ['models/'],
    title: { en: 'Models', zh: '模型' },
    description: {
      en: 'The models as classes: decoders, encoders, encoder-decoders, and their heads.',
      zh: '各类模型：解码器、编码器、编码器-解码器，以及它们的头。',
    },
  },
  {
    name: 'generation',
    entry: 'heed/models',
    files: ['models/generation/'],
    title: { en: 'Generation', zh: '生成' },
    description: {
      en: 'Texts and sequences from any decoder: sampling, beam search, streaming.',
      zh: '由任何解码器生成文本与序列：采样、束搜索、流式输出。',
    },
  },
  {
    name: 'loading',
    entry: 'heed/models',
    files: ['models/family/', 'models/files/', 'models/pretrained.ts'],
    title: { en: 'Loading and saving', zh: '载入与保存' },
    description: {
      en: 'Hugging Face folders and the hub: open, inspect, keep and save models.',
      zh: 'Hugging Face 文件夹与 hub：打开、查看、保留并保存模型。',
    },
  },
  {
    name: 'families',
    entry: 'heed/models',
    files: ['models/families/'],
    title: { en: 'Families', zh: '模型家族' },
    description: {
      en: 'The architectures that load() opens, one name for each class of Transformers.',
      zh: 'load() 能打开的架构，每个名称对应 Transformers 的一个类。',
    },
  },
  {
    name: 'tasks',
    entry: 'heed/tasks',
    files: [],
    title: { en: 'Tasks', zh: '任务' },
    description: {
      en: 'Pipelines on texts: classes, names, answers, fillings, embeddings, chats.',
      zh: '文本上的 pipeline：分类、命名、问答、填空、向量、对话。',
    },
  },
  {
    name: 'adapters',
    entry: 'heed/adapters',
    files: [],
    title: { en: 'Adapters', zh: '适配器' },
    description: {
      en: 'LoRA and its kin, PEFT folders in and out, several adapters on one model.',
      zh: 'LoRA 及其同类，PEFT 文件夹的读写，同一模型上的多个适配器。',
    },
  },
  {
    name: 'finetune',
    entry: 'heed/finetune',
    files: [],
    title: { en: 'Fine-tuning', zh: '微调' },
    description: {
      en: 'From a table of one’s own examples to a model that does the task, judged as it learns.',
      zh: '从自己的示例表格到能完成任务的模型，边学边评。',
    },
  },
  {
    name: 'explain',
    entry: 'heed/explain',
    files: [],
    title: { en: 'Explaining', zh: '解释' },
    description: {
      en: 'Which words decided what a model tells, and whether that is true.',
      zh: '哪些词决定了模型的回答，以及这种解释是否属实。',
    },
  },
  {
    name: 'items',
    entry: 'heed/items',
    files: [],
    title: { en: 'Next items', zh: '下一件' },
    description: {
      en: 'From who chose what to what each may choose next: SASRec, BERT4Rec, and what they have to beat.',
      zh: '由选择记录推荐下一件：SASRec、BERT4Rec，以及它们要胜过的基线。',
    },
  },
  {
    name: 'graphs',
    entry: 'heed/graphs',
    files: [],
    title: { en: 'Graphs', zh: '图网络' },
    description: {
      en: 'Graph attention networks: graphs from lists of edges, classes of nodes and graphs, links.',
      zh: '图注意力网络：由边的列表构成图，节点与整图的分类，链接预测。',
    },
  },
  {
    name: 'translation',
    entry: 'heed/translation',
    files: [],
    title: { en: 'Translation', zh: '翻译' },
    description: {
      en: 'From pairs of sentences to a model, and from texts to translations.',
      zh: '从句对到模型，从文本到译文。',
    },
  },
  {
    name: 'attention',
    entry: 'heed/attention',
    files: [],
    title: { en: 'Kinds of attention', zh: '其他注意力' },
    description: {
      en: 'Linear, additive and dot-product attention, beside the fused one among the ops.',
      zh: '线性、加性与点积注意力；融合的 softmax 注意力在算子一页。',
    },
  },
  {
    name: 'data',
    entry: 'heed/data',
    files: [],
    title: { en: 'Pairs of texts', zh: '句对' },
    description: {
      en: 'Parallel texts: reading, splitting and batches of like lengths.',
      zh: '平行文本：读取、划分，以及长度相近的批次。',
    },
  },
  {
    name: 'metrics',
    entry: 'heed/metrics',
    files: [],
    title: { en: 'Metrics', zh: '指标' },
    description: {
      en: 'How good an output is: of texts, classes, names, answers, scores and rankings.',
      zh: '输出有多好：文本、类别、命名、答案、分数与排序。',
    },
  },
  {
    name: 'node',
    entry: 'heed/node',
    files: [],
    title: { en: 'Node', zh: 'Node' },
    description: {
      en: 'What needs Node’s own modules.',
      zh: '需要 Node 自身模块的部分。',
    },
  },
];
