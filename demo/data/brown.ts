/**
 * English prose from the Brown corpus (Francis & Kučera 1964), which stores words with part-of-speech tags: `word/tag`,
 * one sentence a line, paragraphs apart by blank lines, punctuation as words. Here it is set as it once was printed.
 */

/** Fiction of 1961 has words that a model on a newcomer's page should not learn to say: their paragraphs go. */
const SLURS =
  /\b(nigg|niggra|nigra|kikes?\b|wops?\b|chinks?\b|japs?\b|darky|darkies|pickaninn|half-?breed|faggot|whore)/i;

/** Paragraphs of one Brown file, headlines left out. */
export function brownParagraphs(file: string): string[] {
  const paragraphs: string[] = [];
  for (const block of file.split(/\n\s*\n/)) {
    const words: string[] = [];
    for (const line of block.split('\n')) {
      const tokens = line.split(/\s+/).filter((token) => token !== '');
      if (tokens.every((token) => /-hl\b/.test(token.slice(token.lastIndexOf('/') + 1)))) continue;
      words.push(...tokens.map((token) => token.slice(0, token.lastIndexOf('/'))));
    }
    const paragraph = detokenize(words);
    // A paragraph ends as a sentence does; anything else is a list, a formula or a stray heading.
    if (/[.?!]["')]*$/.test(paragraph) && !SLURS.test(paragraph)) paragraphs.push(paragraph);
  }
  return paragraphs;
}

/** Running text of words and punctuation marks, American style: full stop and comma inside the quotation marks. */
export function detokenize(tokens: readonly string[]): string {
  const marks = tokens.filter((token, i) => !(isDoubled(token) && tokens[i - 1] === token));
  moveInside(marks);
  let text = '';
  let glue = true; // no space before the next token
  let single = false; // inside single quotation marks
  for (const [i, mark] of marks.entries()) {
    const token = mark === '``' || mark === "''" ? '"' : mark;
    const before = marks[i - 1] ?? '``';
    // A lone apostrophe is a single quotation mark; it opens only where a quotation can begin.
    const singleOpens: boolean = mark === "'" && !single && /^(``|,|:|--|\()$/.test(before);
    const opens = mark === '``' || /^[([{$]$/.test(mark) || singleOpens;
    const closes = mark === "''" || (/^[)\]},.:;?!%']$/.test(mark) && !singleOpens);
    if (mark === "'") single = singleOpens;
    if (mark === '.' && before.endsWith('.')) continue; // "Co." ends a sentence too
    if (mark === '--') {
      text += '--';
      glue = true;
      continue;
    }
    text += glue || closes ? token : ` ${token}`;
    glue = opens;
  }
  return text;
}

/** Brown writes these twice where a sentence or clause ends. */
function isDoubled(token: string): boolean {
  return token === '?' || token === '!' || token === ';';
}

/**
 * Brown moved the last mark of a sentence behind the closing quotation mark: `it '' .` was printed `it."`, whichever of
 * . , ? ! it was. Moves it back, past several closing marks.
 */
function moveInside(marks: string[]): void {
  for (let i = 1; i < marks.length; i++) {
    if (!/^[.,?!]$/.test(marks[i])) continue;
    for (let k = i; k > 0 && (marks[k - 1] === "''" || (k < i && marks[k - 1] === "'")); k--) {
      [marks[k - 1], marks[k]] = [marks[k], marks[k - 1]];
    }
  }
  // Where a mark already stood inside ("Why?" . he said), one is enough.
  for (let i = marks.length - 1; i > 0; i--) {
    if (/^[.,]$/.test(marks[i]) && /^[.,?!]$/.test(marks[i - 1])) marks.splice(i, 1);
  }
}
