/** The same in Chinese. */
import type { HomeStrings } from './english';

export const chinese: HomeStrings = {
  trainNow: '现在训练一个模型：20 秒',
  seeInside: '看注意力的内部',
  trySection: '试用训练好的模型',
  tryIntro: '几秒钟内就有回答，无需设置。',
  translate: '翻译',
  translateNote: '单词、音素、句子；束搜索，以及每个词在关注什么。',
  laboratory: '一个注意力头',
  laboratoryNote: '让一个句子走过一个头，每个数字都从内核读回。',
  trainSection: '自己训练一个',
  trainIntro: '就在这个标签页里，看损失下降、文字变好。',
  language: '语言模型',
  languageNote: '一分钟内从乱码到词语：散文、诗歌或你自己的文本。',
  translator: '翻译模型',
  translatorNote: '任意两列文本，从字母到音素，到你自己的数据。',
  developers: '给开发者',
  developersNote: '没有 wasm，无需转换：直接读取 Hugging Face 文件夹，训练，再原样交还。',
  install: '安装',
  sizeName: 'gzip，运行一个模型',
  kernelsName: '前向与反向都是手写的 WGSL',
  familiesName: '个模型系列，与 Transformers 对照检验',
  codeLabel: '示例：让模型写作',
};
