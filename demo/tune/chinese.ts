/** The same in Chinese. */
import { chinese as bring } from '../bring/chinese';
import { chinese as training } from '../train/chinese';
import type { TuneStrings } from './english';

const { settings, locked, train, pause, resume, stop, startOver, states, typeRate, typeSteps } = training;
const { step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, rate, steps, left } = training;
const { paste, pasteLabel, pastedText, usePasted, chooseFile, reading, textFacts, noText } = training;
const { openingLabel, notText, stopFirst, own, tang } = training;
const { shipped, hub, hubPlaceholder, token, gated, find, folder, folderHint, recent, recentNone } = bring;
const { forget, finding, storage, storages, facts, familyOf, unknownFamily, fits, fitsNot, refused } = bring;
const { noForm, trainsNot, about, card, loadModel, cancel, downloading, placing, loaded, cancelled } = bring;

export const chinese: TuneStrings = {
  ...{ settings, locked, train, pause, resume, stop, startOver, typeRate, typeSteps },
  ...{ step, of, loss, asIfAmong, perSecond, stepTime, progress, atStep, rate, steps, left },
  ...{ paste, pasteLabel, pastedText, usePasted, chooseFile, reading, textFacts, noText },
  ...{ openingLabel, notText, stopFirst, own, tang },
  ...{ shipped, hub, hubPlaceholder, token, gated, find, folder, folderHint, recent, recentNone },
  ...{ forget, finding, storage, storages, familyOf, unknownFamily, fits, fitsNot, refused },
  ...{ noForm, trainsNot, about, card, loadModel, cancel, downloading, placing, loaded, cancelled },
  /** What all weights take is told beside what the adapter takes, for the same batches. */
  facts: { ...facts, train: '' },
  states,
  phases: { encode: training.phases.encode, compile: training.phases.compile },
  training: training.training,
  notHere: ({ use }) => (use === 'write' ? null : '此页面只为续写文本的模型学习适配器，这个模型另有用途。'),

  model: '模型',
  elsewhere: '其他模型',
  text: '文本',
  french: '法语',
  phonemes: '读音',
  textStories: {
    french: '代码编辑器的法语界面，每行一条消息。随页面提供的小作家只懂英语。',
    phonemes: '单词及其读音，每行一个：小作家从未见过的文本形式。',
    tang: '唐诗。小作家没有读过中文，只能逐字节拼写。',
    own: '',
  },

  adapterTitle: '适配器',
  names: { lora: 'LoRA', dora: 'DoRA', ia3: '(IA)³', prefix: '前缀' },
  stories: {
    lora: '每层旁边加两个窄矩阵。通常从它开始。',
    dora: '把每行的长度与方向分开学习的 LoRA。',
    ia3: '层的每个输出各一个系数：要学的数最少。',
    prefix: '在文本之前加上键和值，各层不变。',
  },
  rank: '秩',
  alpha: 'Alpha',
  prefixLength: '前缀行数',
  seed: '随机种子',
  off: '',
  targets: '加在哪些层旁边',
  noTargets: '请至少选择一层。',
  targetsLater: '载入模型后出现。',

  validation: '留出集损失',
  save: '保存适配器',
  saveModel: '保存合并模型',
  load: '打开适配器',

  cost: '开始之前就知道的代价',
  costEmpty: '有了模型之后，通过记录一步训练得出，无需运行。',
  costLearns: '要学习的数',
  costShare: '占权重的比例',
  costFiles: '适配器文件',
  costMemory: '显存',
  costParts: (weights, adapter, activations) =>
    `基础模型 ${weights}，适配器及其梯度和动量 ${adapter}，激活值 ${activations}`,
  costFull: '若学习全部权重',
  costTime: '时间',
  costUnmeasured: '训练几步后测得',
  costMeasured: (milliseconds, all) => `在这台设备上每步 ${milliseconds} 毫秒，共 ${all}`,

  compare: '之前与之后',
  compareIntro: '两者用同样的开头、同样的随机种子续写，并用文本末尾来检验，训练从不看这一段。',
  prompt: '开头',
  temperature: '温度',
  write: '续写',
  base: '之前：基础模型',
  now: '之后：带适配器',
  nowOff: '适配器已关闭：又是基础模型',
  adapterOn: '适配器开启',
  baseEmpty: '模型载入后，会在这里续写。',
  nowEmpty: '训练之后，同样的开头会有不同的续写。',
  judged: (nats, perplexity) => `损失 ${nats}，相当于在 ${perplexity} 个词元中选择`,
  notJudged: '尚未检验',
  ofStep: (at) => `学习 ${at} 步后`,
  ofFiles: '来自文件',
  gained: (from, to) => `从 ${from} 个同样可能的词元降到 ${to} 个。`,
  size: (files, learns, share) => `适配器大小 ${files}：${learns} 个数，为基础模型的 ${share}。`,
  keptBest: (at) => `它的权重来自第 ${at} 步，是所有检验中最好的。`,
  recordedText: (at) => `录制，学习 ${at} 步后`,

  curve: '损失曲线',
  curveTraining: '训练',
  curveValidation: '留出集',
  curveEmpty: '第一个点是基础模型在留出集上的损失，曲线由此开始。',
  curveSummary: (at, trained, heldOut) =>
    `各步的损失。第 ${at} 步的训练损失为 ${trained}${heldOut ? `，留出集损失为 ${heldOut}` : ''}。`,

  files: '带走',
  filesIntro:
    '适配器是两个文件：adapter_config.json 和 adapter_model.safetensors，Python 的 peft 也能打开；在这里打开时请同时选择两者。合并后是 32 位的 Hugging Face 文件夹，无论基础模型以多少位存储。',

  continues: (at) => `“继续”将从第 ${at} 步开始。`,
  startsAgain: '“训练”会用新的适配器重新开始：相同的种子学到相同的结果。',
  startsNew: '设置已更改：“训练”会开始一个新的适配器，并放弃当前的。',
  replaceQuestion: (at) => `放弃第 ${at} 步、尚未保存到文件的适配器，开始一个新的？如需保留，请先保存。`,
  forgetQuestion: '放弃这个尚未保存到文件的适配器？如需保留，请先保存。',
  startOverQuestion: '放弃这个适配器，从头开始？如需保留，请先保存。',
  noModel: '还没有载入模型。',
  savedAdapter: (count) => `适配器已保存：${count} 个文件。`,
  savedModel: (count) => `合并模型已保存：${count} 个文件。`,
  openedAdapter: '适配器已加在基础模型旁边。',
  twoFiles: '请同时选择适配器的两个文件：adapter_config.json 和 adapter_model.safetensors。',
  recovered: (at) =>
    at > 0 ? `GPU 设备丢失，已换用新设备，从第 ${at} 步继续。` : 'GPU 设备丢失，已换用新设备。',
  recorded:
    '没有 WebGPU，这里无法学习。这是一次真实训练的录制：基础模型是随页面提供的小作家，文本是法语。缺少的是：其他设置、模型和文本，以及亲眼看它发生。',
  recordedFrom: (adapter) => `录制于 ${adapter}。`,
  space: '',
  codeTitle: '实现这一切的代码',
  codeLabel: '代码',
};
