import {
  DataError,
  expectOptions,
  IGNORE_INDEX,
  tag,
  windowsOf,
  type Encoding,
  type TaggedText,
} from '../../../engine/index';
import { Classification, SpanF1 } from '../../../engine/metrics/index';
import { expectFinite } from '../../tasks/inputs';
import { logitsReader } from '../../tasks/logits_reader';
import type { TaggerModel } from '../../tasks/token_tagger';
import type { TagExample } from '../examples';
import { expectHead } from './head';
import { TASK_ARCHITECTURES, type Reading, type Task } from './task';

/** The tags of `tagging`, and how much each counts. */
export interface TaggingOptions {
  /** What the tags are called, in order. */
  readonly labels: readonly string[];
  /** How much each tag counts. Default null: all alike. */
  readonly weights?: readonly number[] | null;
  /** Label smoothing. Default 0. */
  readonly smoothing?: number;
}

/** A part of a sentence that fits the model, and which of its tokens begins which word. */
interface Window {
  readonly encoding: Encoding;
  readonly firsts: readonly { readonly token: number; readonly word: number }[];
}

/**
 * A tag for each word, which its first token is given; sentences over the length are read in windows. Judged by the share of words whose tag is right
 * and macro F1; where tags begin with B- and I- (or the like), also by F1 of whole names, as seqeval has it, which then tells the best.
 */
export function tagging(options: TaggingOptions): Task<TagExample, TaggedText> {
  const { labels, weights = null, smoothing = 0 } = options;
  expectOptions('tagging', options, { labels, weights, smoothing });
  const named = labels.some((label) => /^[BIES]-/.test(label));
  const expectModel = (model: object): void => expectHead('tagging', model, { labels });
  return {
    name: 'tag',
    classes: TASK_ARCHITECTURES.tag,
    head: {
      id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
      label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    },
    monitor: {
      ...{ metric: named ? 'spanF1' : 'accuracy', mode: 'max' },
      otherwise: { metric: 'loss', mode: 'min' },
    },
    expectModel,
    rows: (examples, reading) => {
      let long = 0;
      const rows = examples.flatMap((example) => {
        const windows = windowsIn(example, reading);
        if (windows.length > 1) long++;
        return windows.map(({ encoding: { ids, segments }, firsts }) => {
          const tags = new Uint32Array(ids.length).fill(IGNORE_INDEX);
          for (const { token, word } of firsts) tags[token] = example.tags[word];
          return { ids, ...(reading.segments && { segments }), tags };
        });
      });
      return { rows, long };
    },
    objective: (batches) => tag(batches, { classes: labels.length, weights, smoothing }),
    judge: async ({ device, model, ...reading }, examples, judging = {}) => {
      expectModel(model);
      const K = labels.length;
      const told = examples.map(({ words }) => new Int32Array(words.length).fill(-1));
      const windows = examples.flatMap((example, i) =>
        windowsIn(example, reading).map((window) => ({ ...window, example: i })),
      );
      using reader = logitsReader('tagging', device, model as TaggerModel, reading.tokenizer);
      await reader.read(
        windows.map(({ encoding }) => encoding),
        (w, { logits }) => {
          expectFinite('tagging', logits);
          const { firsts, example } = windows[w];
          for (const { token, word } of firsts) {
            const own = logits.subarray(token * K, (token + 1) * K);
            told[example][word] = own.indexOf(Math.max(...own));
          }
        },
        judging,
      );
      const counts = new Classification(K);
      const spans = new SpanF1();
      for (const [i, { tags }] of examples.entries()) {
        counts.add(told[i], tags);
        if (named)
          spans.add(
            [...told[i]].map((id) => labels[id]),
            tags.map((id) => labels[id]),
          );
      }
      const result = counts.result();
      const names = named ? spans.result() : null;
      return {
        metrics: {
          ...{ accuracy: result.accuracy, macroF1: result.macro.f1 },
          ...(names && { spanF1: names.micro.f1 }),
        },
        classes: names?.types ?? Object.fromEntries(labels.map((label, k) => [label, result.classes[k]])),
        confusion: result.confusion,
      };
    },
  };
}

function windowsIn({ words, row }: TagExample, { tokenizer, maxLength }: Reading): Window[] {
  const starts: number[] = [];
  let text = '';
  for (const word of words) {
    if (text !== '') text += ' ';
    starts.push(text.length);
    text += word;
  }
  const met = new Set<number>();
  const windows = windowsOf(tokenizer, text, { maxLength }).map((encoding) => {
    const firsts: { token: number; word: number }[] = [];
    let word = 0;
    encoding.texts.forEach((which, token) => {
      if (which < 0) return;
      // The first letter counts: some tokens begin with the space ahead of a word.
      const end = encoding.offsets[2 * token + 1];
      while (word + 1 < words.length && starts[word + 1] < end) word++;
      if (end <= starts[word] || met.has(word)) return;
      met.add(word);
      firsts.push({ token, word });
    });
    return { encoding, firsts };
  });
  const lost = words.findIndex((_, i) => !met.has(i));
  if (lost < 0) return windows;
  const what = `the word ${JSON.stringify(words[lost])} of the sentence at row ${row} has no token`;
  throw new DataError('tagging', what, 'Leave it out, or write it otherwise.');
}
