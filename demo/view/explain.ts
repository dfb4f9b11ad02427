import type { Language } from '../site/language';

/** What went wrong, by the name of the engine's error. */
const KINDS: Readonly<Record<string, string>> = {
  DataError: '数据无法使用',
  DeviceError: 'GPU 设备有问题',
  KernelError: 'GPU 内核有问题',
  ShapeError: '形状不符',
  TrainingError: '训练无法继续',
  EngineError: '无法完成',
};

/** What visitors of the pages meet most often. */
const KNOWN: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/not a safetensors file/, () => '这不是 safetensors 文件。'],
  [/zero byte/, () => '这是二进制文件，不是文本。'],
  [/not UTF-8/, () => '文本不是 UTF-8 编码。请另存为 UTF-8。'],
  [/(?:is|are) empty|holds nothing/, () => '内容是空的。'],
  [/all "(.)"/u, (character) => `整个文本只有一个字符“${character}”。`],
  [/needs at least ([\d,]+)/, (least) => `太短：至少需要 ${least} 个词元。`],
  [/^step (\d+): .*not finite/, (step) => `第 ${step} 步的数值不再有限。请降低学习率。`],
  [/"(.+?)" \(U\+[0-9A-F]+\)/u, (character) => `模型不认识“${character}”。`],
  [/goes on in another tab/, () => '这次训练正在另一个标签页里进行。'],
  [/could not be fetched/, () => '文件没有下载成功。网站还在运行吗？'],
  [/out of memory|no memory|not enough memory/i, () => '显存不足。请选择更小的规模。'],
];

/** An error for readers: without names of our code; `native` in the reader's language, `detail` in English. */
export function explain(
  { name, message }: Pick<Error, 'name' | 'message'>,
  language: Language,
): { readonly native: string; readonly detail: string } {
  // "PairVocabulary: …" names a place in code; a file's name tells which file it is.
  const plain = message.replace(/^[A-Z]+[a-z]+[A-Z]\w*: /, '');
  const detail = plain === message ? message : plain.charAt(0).toUpperCase() + plain.slice(1);
  if (language === 'en') return { native: '', detail };
  for (const [pattern, say] of KNOWN) {
    const found = pattern.exec(message);
    if (found) return { native: say(...found.slice(1)), detail };
  }
  return { native: `${KINDS[name] ?? KINDS['EngineError']}。`, detail };
}
