import type { TextFacts } from './protocol';

/** Characters that are shown of a text. */
const OPENING = 280;

/** What is to be known of a text before it is used. For the worker, and for the build, which knows the bundled ones. */
export async function factsOf(text: string): Promise<TextFacts> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const fingerprint = Array.from(hash.subarray(0, 16), (b) => b.toString(16).padStart(2, '0')).join('');
  let characters = 0;
  const distinct = new Set<string>();
  for (const character of text) {
    characters++;
    distinct.add(character);
  }
  const opening = [...text.slice(0, 2 * OPENING)].slice(0, OPENING).join('');
  return { characters, distinct: distinct.size, fingerprint, opening };
}
