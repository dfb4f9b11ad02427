/** A beginning for each text, which both sides go on with. */
export const PROMPTS: Readonly<Record<string, string>> = {
  french: 'Impossible de',
  phonemes: 'garden =',
  tang: '春',
};

/** A beginning for a text: of one's own, its first words. */
export function promptFor({ id, opening }: { readonly id: string; readonly opening: string }): string {
  return PROMPTS[id] ?? opening.trim().split(/\s+/).slice(0, 3).join(' ').slice(0, 32);
}
