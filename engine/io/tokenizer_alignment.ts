/** Where in a text the characters of its normalised form come from, as Python's tokenizers tells it. */

/** Two numbers for each UTF-16 unit of a text on its way to the model: [start, end) in the text that was given. */
export type Places = Int32Array;

/** A text that nothing has changed yet: each character stands for itself. */
export function ownPlaces(text: string): Places {
  const places = new Int32Array(2 * text.length);
  let at = 0;
  for (const { length } of text) {
    for (let unit = at; unit < at + length; unit++) places.set([at, at + length], 2 * unit);
    at += length;
  }
  return places;
}

/** Where the characters of a stretch come from, which is not empty. */
export const placesOf = (places: Places, start: number, end: number): [number, number] => [
  places[2 * start],
  places[2 * end - 1],
];

/** Cuts of a text, from fine to coarse: by characters, by letters with their marks, by words. */
const PARTS = [/[^]/gu, /\P{M}\p{M}*|\p{M}+/gu, /\S+|\s+/gu, /[^]+/gu];

/**
 * The places of `change(text)`. The text is cut so finely that the changed parts still make up the changed whole, see
 * `partsPlaces`.
 */
export function changedPlaces(text: string, places: Places, change: (text: string) => string): Places {
  const whole = change(text);
  if (whole === text) return places;
  for (const cut of PARTS) {
    const before = text.match(cut) ?? [];
    const after = before.map(change);
    if (after.join('') === whole) return partsPlaces(places, before, after);
  }
  throw new Error('the whole text is a cut of itself');
}

/**
 * The places of a text of which each part became another. In a part the first new character comes from the first old one. Of
 * more new ones than old ones those beyond come from the last; of fewer, old ones went into the first, and the last come from the
 * last.
 */
export function partsPlaces(places: Places, before: readonly string[], after: readonly string[]): Places {
  const out: number[] = [];
  let from = 0;
  before.forEach((part, i) => {
    const ends: number[] = []; // of the old characters
    for (const { length } of part) ends.push((ends.at(-1) ?? from) + length);
    const now = [...after[i]];
    const gone = Math.max(0, ends.length - now.length);
    now.forEach(({ length }, n) => {
      const old = n === 0 ? 0 : Math.min(n + gone, ends.length - 1);
      const place = placesOf(places, old === 0 ? from : ends[old - 1], ends[old]);
      for (let unit = 0; unit < length; unit++) out.push(...place);
    });
    from += part.length;
  });
  return Int32Array.from(out);
}

/**
 * The places after stretches of a text (`found` holds their starts and ends) were replaced. The new text comes from the last
 * character of the stretch, or the last before it where that is empty; at the beginning from nowhere.
 */
export function replacedPlaces(places: Places, found: readonly number[], content: string): Places {
  const out: number[] = [];
  let done = 0;
  for (let i = 0; i < found.length; i += 2) {
    const end = found[i + 1];
    for (let at = 2 * done; at < 2 * found[i]; at++) out.push(places[at]);
    const place = end > 0 ? places.subarray(2 * end - 2, 2 * end) : [0, 0];
    for (let unit = 0; unit < content.length; unit++) out.push(...place);
    done = end;
  }
  for (let at = 2 * done; at < places.length; at++) out.push(places[at]);
  return Int32Array.from(out);
}
