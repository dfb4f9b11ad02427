/**
 * Tang poems from 全唐詩 in traditional characters: regulated verse of the well-known poets, so that a small model
 * has one form to learn: title, poet, then four or eight lines of five or seven characters, two to a row.
 */

export interface Poem {
  readonly title: string;
  readonly author: string;
  /** Each a couplet with its punctuation: 白日依山盡，黃河入海流。 */
  readonly paragraphs: readonly string[];
}

// prettier-ignore
const POETS = new Set([
  '李白', '杜甫', '王維', '孟浩然', '白居易', '李商隱', '杜牧', '劉禹錫', '王昌齡', '岑參', '高適', '韋應物', '柳宗元',
  '韓愈', '元稹', '賈島', '李賀', '溫庭筠', '劉長卿', '孟郊', '張籍', '王建', '許渾', '張九齡', '陳子昂', '王勃', '駱賓王',
  '盧照鄰', '楊炯', '宋之問', '沈佺期', '賀知章', '王之渙', '李頎', '錢起', '盧綸', '韋莊', '羅隱', '張祜', '杜荀鶴',
  '司空圖', '韓偓', '張說', '姚合', '戴叔倫', '皇甫冉', '鄭谷', '李端', '司空曙', '常建', '儲光羲', '祖詠', '崔顥', '王翰',
  '李益', '薛濤', '魚玄機', '李嶠',
]);

/** The `characters` most frequent characters bound the vocabulary: poems that use a rarer one are left out. */
export function tangText(poems: Iterable<Poem>, characters = 2500): string {
  const chosen: string[] = [];
  const bodies = new Set<string>(); // the collection prints some poems twice, under two headings
  const counts = new Map<string, number>();
  for (const poem of poems) {
    if (!POETS.has(poem.author) || !isRegulated(poem)) continue;
    const body = poem.paragraphs.join('\n');
    if (bodies.has(body)) continue;
    bodies.add(body);
    const text = `${poem.title}\n${poem.author}\n${body}`;
    chosen.push(text);
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  // Equal counts are ordered by code point, so that the text never depends on the order of a Map.
  const frequent = [...counts].sort((a, b) => b[1] - a[1] || a[0].codePointAt(0)! - b[0].codePointAt(0)!);
  const known = new Set(frequent.slice(0, characters).map(([character]) => character));
  const kept = chosen.filter((text) => [...text].every((character) => known.has(character)));
  return spread(kept)
    .map((text) => `${text}\n`)
    .join('\n');
}

/**
 * The collection runs from the early Tang to the late; a fixed stride mixes it, so that the last tenth, which
 * validates, is like the rest. A permutation, because the prime divides no length that occurs.
 */
function spread<T>(items: readonly T[]): T[] {
  const stride = 7919;
  return items.map((item, i) => (items.length % stride === 0 ? item : items[(i * stride) % items.length]));
}

/** Four or eight lines of five or seven characters, all alike, nothing but Han characters between the marks. */
function isRegulated({ title, paragraphs }: Poem): boolean {
  if (!/^[\u4e00-\u9fff]{1,12}( [\u4e00-\u9fff]{1,3})?$/.test(title)) return false;
  if (paragraphs.length !== 2 && paragraphs.length !== 4) return false;
  const five = /^[\u4e00-\u9fff]{5}[，？！。][\u4e00-\u9fff]{5}[。？！]$/;
  const seven = /^[\u4e00-\u9fff]{7}[，？！。][\u4e00-\u9fff]{7}[。？！]$/;
  return paragraphs.every((row) => five.test(row)) || paragraphs.every((row) => seven.test(row));
}
