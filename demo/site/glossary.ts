/** The words that pages use and newcomers stumble over, in both languages. */
import type { Both } from './language';

export interface Term {
  readonly name: Both;
  /** How texts have it: the first of these in a text is marked. English ones are whole words, Chinese ones any characters. */
  readonly words: Both<readonly string[]>;
  readonly says: Both;
  /** The chapter of the course that shows it. */
  readonly chapter?: string;
}

export const GLOSSARY: Readonly<Record<string, Term>> = {
  token: {
    name: { en: 'Token', zh: '词元' },
    words: { en: ['token', 'tokens'], zh: ['词元'] },
    says: {
      en: 'A piece of text that the model reads and writes as one: a word, a part of a word, or a character.',
      zh: '模型当作一个整体来读写的一段文本：一个词、词的一部分，或一个字符。',
    },
    chapter: 'tokens',
  },
  vocabulary: {
    name: { en: 'Vocabulary', zh: '词表' },
    words: { en: ['vocabulary'], zh: ['词表'] },
    says: {
      en: 'All tokens that a model knows. Each has a number, and a row in the model’s table of embeddings.',
      zh: '模型认识的全部词元。每个有一个编号，在模型的嵌入表中占一行。',
    },
    chapter: 'tokens',
  },
  embedding: {
    name: { en: 'Embedding', zh: '嵌入' },
    words: { en: ['embedding', 'embeddings'], zh: ['嵌入'] },
    says: {
      en: 'The list of numbers that stands for a token or a text. What is used alike gets numbers that are alike.',
      zh: '代表一个词元或一段文本的一串数字。用法相近的东西，数字也相近。',
    },
    chapter: 'embeddings',
  },
  position: {
    name: { en: 'Position', zh: '位置' },
    words: { en: ['positions', 'position'], zh: ['位置编码', '位置'] },
    says: {
      en: 'The place of a token in its text. Attention knows no order by itself, so it is told.',
      zh: '词元在文本中的位置。注意力本身不知道次序，所以要告诉它。',
    },
    chapter: 'positions',
  },
  attention: {
    name: { en: 'Attention', zh: '注意力' },
    words: { en: ['attention', 'attends'], zh: ['注意力'] },
    says: {
      en: 'How a token takes something from others: shares that sum to 1, by how well its query fits their keys (Vaswani et al. 2017).',
      zh: '一个词元从其他词元取得信息的方式：合计为 1 的份额，由它的查询与各个键的匹配程度决定（Vaswani 等，2017）。',
    },
    chapter: 'queries',
  },
  query: {
    name: { en: 'Query, key and value', zh: '查询、键和值' },
    words: { en: ['query', 'queries'], zh: ['查询'] },
    says: {
      en: 'Three lists of numbers of each token: what it looks for, what it is found by, and what it gives to those that find it.',
      zh: '每个词元的三串数字：它在找什么，凭什么被找到，以及给找到它的词元什么。',
    },
    chapter: 'queries',
  },
  softmax: {
    name: { en: 'Softmax', zh: 'Softmax' },
    words: { en: ['softmax'], zh: ['softmax', 'Softmax'] },
    says: {
      en: 'Makes shares of any numbers: e to the power of each, divided by their sum. The shares are positive and sum to 1.',
      zh: '把任意一组数变成份额：各取 e 的幂，再除以总和。各份为正，合计为 1。',
    },
    chapter: 'softmax',
  },
  temperature: {
    name: { en: 'Temperature', zh: '温度' },
    words: { en: ['temperature'], zh: ['温度'] },
    says: {
      en: 'Numbers are divided by it before softmax. Below 1 the likeliest gets more, above 1 the choice is more open.',
      zh: 'softmax 之前所有数都除以它。小于 1 时最可能的更占优，大于 1 时选择更开放。',
    },
    chapter: 'softmax',
  },
  logit: {
    name: { en: 'Logit', zh: 'Logit' },
    words: { en: ['logits', 'logit'], zh: ['logit', 'Logit'] },
    says: {
      en: 'A number before softmax. Larger logits become larger probabilities.',
      zh: 'softmax 之前的数。logit 越大，概率越大。',
    },
    chapter: 'output',
  },
  head: {
    name: { en: 'Head', zh: '注意力头' },
    words: { en: ['head', 'heads'], zh: ['注意力头'] },
    says: {
      en: 'One of several attentions that a layer does side by side, each with matrices and habits of its own.',
      zh: '一层中并排进行的若干次注意力之一，各有自己的矩阵和习惯。',
    },
    chapter: 'heads',
  },
  layer: {
    name: { en: 'Layer', zh: '层' },
    words: { en: ['layer', 'layers'], zh: ['各层', '每层', '一层'] },
    says: {
      en: 'Attention and feed-forward, one after the other. Models stack many layers; each adds to what the one before gave.',
      zh: '依次进行的注意力和前馈网络。模型叠起许多层，每层在前一层的结果上再加一些。',
    },
    chapter: 'layers',
  },
  feedForward: {
    name: { en: 'Feed-forward', zh: '前馈网络' },
    words: { en: ['feed-forward'], zh: ['前馈网络', '前馈'] },
    says: {
      en: 'Two matrices with a curve between them, which work on each token alone. Most of a model’s weights are here.',
      zh: '中间夹着一条曲线的两个矩阵，单独处理每个词元。模型的大部分权重在这里。',
    },
    chapter: 'layers',
  },
  weight: {
    name: { en: 'Weights', zh: '权重' },
    words: { en: ['weights', 'weight', 'parameters'], zh: ['权重', '参数'] },
    says: {
      en: 'The numbers of a model that training changes: its matrices and tables. Also called parameters.',
      zh: '训练所改变的模型数字：它的矩阵和表格。也叫参数。',
    },
  },
  loss: {
    name: { en: 'Loss', zh: '损失' },
    words: { en: ['loss', 'losses'], zh: ['损失'] },
    says: {
      en: 'How badly the model guesses, averaged over tokens: the negative logarithm of what it gave to the right one. A loss of 2 is a choice among e² = 7.4 equal ones.',
      zh: '模型猜得多差，对所有词元取平均：它给正确答案的概率的负对数。损失为 2，相当于在 e² = 7.4 个等可能选项中猜。',
    },
  },
  gradient: {
    name: { en: 'Gradient', zh: '梯度' },
    words: { en: ['gradient', 'gradients'], zh: ['梯度'] },
    says: {
      en: 'For each weight, how the loss would change if the weight grew a little. Training takes a small step against it.',
      zh: '对每个权重来说，它稍微增大时损失会怎样变化。训练就是朝相反方向走一小步。',
    },
  },
  learningRate: {
    name: { en: 'Learning rate', zh: '学习率' },
    words: { en: ['learning rate'], zh: ['学习率'] },
    says: {
      en: 'How large the steps of training are. Too small learns slowly, too large never settles.',
      zh: '训练每一步走多大。太小学得慢，太大停不下来。',
    },
  },
  step: {
    name: { en: 'Step', zh: '步' },
    words: { en: ['training step', 'steps'], zh: ['训练步', '每一步'] },
    says: {
      en: 'One batch of examples is read, and all weights change once.',
      zh: '读一批例子，所有权重改变一次。',
    },
  },
  heldOut: {
    name: { en: 'Held out', zh: '留出' },
    words: { en: ['held out', 'held-out', 'validation'], zh: ['留出', '验证'] },
    says: {
      en: 'Examples that training never sees. How the model does on them tells whether it learnt, or only remembers.',
      zh: '训练从不看到的例子。模型在它们上的表现，说明它是学会了还是只是背下来了。',
    },
  },
  checkpoint: {
    name: { en: 'Checkpoint', zh: '检查点' },
    words: { en: ['checkpoint', 'checkpoints'], zh: ['检查点'] },
    says: {
      en: 'A file with all weights of a model, as others publish it and as this site saves it.',
      zh: '包含模型全部权重的文件：别人发布的，或本站保存的。',
    },
  },
  fineTuning: {
    name: { en: 'Fine-tuning', zh: '微调' },
    words: { en: ['fine-tune', 'fine-tuning', 'fine-tuned'], zh: ['微调'] },
    says: {
      en: 'Training that goes on from a model that already knows something, with few examples of a new task.',
      zh: '从已经有所了解的模型出发，用少量新任务的例子继续训练。',
    },
  },
  adapter: {
    name: { en: 'Adapter', zh: '适配器' },
    words: { en: ['adapter', 'adapters'], zh: ['适配器'] },
    says: {
      en: 'A few additional weights beside a model that stays as it is. Only they are trained, so what is learnt is a small file.',
      zh: '放在保持不变的模型旁边的少量额外权重。只训练它们，所以学到的是一个小文件。',
    },
  },
  lora: {
    name: { en: 'LoRA', zh: 'LoRA' },
    words: { en: ['LoRA'], zh: ['LoRA'] },
    says: {
      en: 'An adapter that adds to a matrix the product of two thin ones, of width “rank” (Hu et al. 2021).',
      zh: '一种适配器：给矩阵加上两个窄矩阵之积，其宽度称为“秩”（Hu 等，2021）。',
    },
  },
  beam: {
    name: { en: 'Beam search', zh: '束搜索' },
    words: { en: ['beam search', 'beam', 'beams'], zh: ['束搜索', '束宽'] },
    says: {
      en: 'Keeps several beginnings of a text and goes on with the likeliest ones, where a single guess might lead astray.',
      zh: '同时保留几个开头，用最可能的继续写下去，以免一次猜错就走偏。',
    },
  },
  encoder: {
    name: { en: 'Encoder', zh: '编码器' },
    words: { en: ['encoder', 'encoders'], zh: ['编码器'] },
    says: {
      en: 'A model, or part of one, whose tokens see those before and behind them: it reads a text rather than writes one.',
      zh: '一种模型或其一部分，其中的词元能看到前后所有词元：它用来读，而不是写。',
    },
  },
  decoder: {
    name: { en: 'Decoder', zh: '解码器' },
    words: { en: ['decoder', 'decoders'], zh: ['解码器'] },
    says: {
      en: 'A model, or part of one, whose tokens see only those before them: it writes a text token by token.',
      zh: '一种模型或其一部分，其中的词元只能看到前面的词元：它逐个词元地写。',
    },
  },
  kernel: {
    name: { en: 'Kernel', zh: '内核' },
    words: { en: ['kernel', 'kernels'], zh: ['内核'] },
    says: {
      en: 'A small program that the GPU runs thousands of times at once. All of those here are written by hand.',
      zh: 'GPU 同时运行成千上万次的小程序。这里的内核全部手写。',
    },
  },
  webgpu: {
    name: { en: 'WebGPU', zh: 'WebGPU' },
    words: { en: ['WebGPU'], zh: ['WebGPU'] },
    says: {
      en: 'The browser’s way to compute on the graphics card, without a plug-in and without a server.',
      zh: '浏览器使用显卡计算的方式，不需要插件，也不需要服务器。',
    },
  },
};
