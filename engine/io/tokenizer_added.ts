/** Added tokens: found in the text before anything else happens to it, or after it is normalised. */
import { type AddedToken } from './tokenizer_json';
import { leadingSpace, trailingSpace, WORD } from './tokenizer_unicode';

/** A stretch of the text: an added token, or what lies between (`token` null). */
export type Section = readonly [start: number, end: number, token: AddedToken | null];

const WORD_BEFORE = /* @__PURE__ */ new RegExp(`[${WORD}]$`, 'u');
const WORD_AFTER = /* @__PURE__ */ new RegExp(`^[${WORD}]`, 'u');

/** Finds tokens by the spelling given with each: from the left, the longest at each place, none inside another. */
export function finder(
  tokens: readonly (readonly [spelling: string, token: AddedToken])[],
): (text: string) => Section[] {
  if (tokens.length === 0) return (text) => [[0, text.length, null]];
  const byFirst = new Map<string, (readonly [string, AddedToken])[]>();
  for (const entry of [...tokens].sort(([a], [b]) => b.length - a.length)) {
    const first = entry[0][0];
    const others = byFirst.get(first);
    if (others) others.push(entry);
    else byFirst.set(first, [entry]);
  }
  const hex = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const candidates = new RegExp(`[${[...byFirst.keys()].map(hex).join('')}]`, 'g');
  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    candidates.lastIndex = 0;
    for (let match = candidates.exec(text); match; match = candidates.exec(text)) {
      let start = match.index;
      const entry = byFirst.get(match[0])!.find(([spelling]) => text.startsWith(spelling, start));
      if (!entry) continue;
      const [spelling, token] = entry;
      let end = (candidates.lastIndex = start + spelling.length);
      if (token.single_word) {
        if (
          WORD_BEFORE.test(text.slice(Math.max(0, start - 2), start)) ||
          WORD_AFTER.test(text.slice(end, end + 2))
        )
          continue;
      }
      if (token.lstrip) start = Math.max(trailingSpace(text, start), done);
      if (token.rstrip) end = leadingSpace(text, end);
      if (done < start) sections.push([done, start, null]);
      sections.push([start, end, token]);
      done = end;
    }
    if (done < text.length) sections.push([done, text.length, null]);
    return sections;
  };
}
