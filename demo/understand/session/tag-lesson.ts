/** Sentences with tagged words, a visitor's own or those of the page: read, counted, and a part held out. */
import {
  describeSkipped,
  holdOut,
  readConll,
  tagExamples,
  type TagExample,
} from '../../../models/finetune/index';
import { requests } from '../examples/requests';
import { kindOf, kindsIn } from '../kinds';
import { contentOf, fingerprintOf, HELD, type ReadLesson } from './lesson';
import type { ExampleSource, TagLesson } from './protocol';

/** Names, or words, that are shown of each kind. */
const SHOWN = 4;

/** Throws `DataError` for what cannot be read, with lines and reasons. */
export async function readTagLesson(source: ExampleSource): Promise<ReadLesson<TagLesson, TagExample>> {
  const { name, content } = contentOf(source, { name: 'requests', text: requests });
  const { labels, examples, skipped } = tagExamples(name, await readConll(content, { name }));
  const split = holdOut(examples, { share: HELD });
  return {
    lesson: {
      ...{ title: name, labels, sentences: examples.length },
      ...{ training: split.training.length, held: split.held.length, alike: split.alike },
      kinds: kindsOf(labels, examples),
      skipped: describeSkipped(skipped),
      fingerprint: fingerprintOf([
        labels.join('\t'),
        ...examples.map(({ words, tags }) => `${words.join(' ')}\t${tags.join(' ')}`),
      ]),
    },
    split,
  };
}

/** What is tagged, counted as it is shown: names, or words where tags have no B- and I-. */
function kindsOf(labels: readonly string[], examples: readonly TagExample[]): TagLesson['kinds'] {
  const found = new Map(kindsIn(labels).map((kind) => [kind, [] as string[]]));
  for (const { words, tags } of examples) {
    let open = '';
    words.forEach((word, i) => {
      const label = labels[tags[i]];
      const names = found.get(kindOf(label));
      if (names && /^[IE]-/.test(label) && open === kindOf(label)) names.push(`${names.pop()!} ${word}`);
      else names?.push(word);
      open = label === kindOf(label) ? '' : kindOf(label);
    });
  }
  return [...found].map(([label, names]) => ({
    label,
    count: names.length,
    shown: [...new Set(names)].slice(0, SHOWN),
  }));
}
