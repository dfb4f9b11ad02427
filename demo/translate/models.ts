/**
 * The models that the page ships with: every demo/models/NAME.safetensors that has a card NAME.json beside it. To add
 * one, add the two files.
 */

/** What a card says: of which data, under which licence, how it was trained and how well it does. */
export interface ModelCard {
  /** Names it in `strings.models`; any other title is shown as it is. */
  readonly title: string;
  /** BCP 47. */
  readonly languages: readonly [source: string, target: string];
  readonly data: string;
  readonly licence: string;
  /** Steps, tokens seen, size, time. */
  readonly training: string;
  readonly adapter: string;
  /** On held-out pairs. */
  readonly scores: string;
  /** Texts to try; the first is translated when the page opens. */
  readonly examples: readonly string[];
  /** Where it stands among the models, lower first. */
  readonly order?: number;
}

export interface ShippedModel extends ModelCard {
  readonly id: string;
  readonly url: string;
}

const cards = import.meta.glob<ModelCard>('../models/*.json', { eager: true, import: 'default' });
const files = import.meta.glob<string>('../models/*.safetensors', {
  eager: true,
  import: 'default',
  query: '?url',
});

export const SHIPPED: readonly ShippedModel[] = Object.entries(files)
  .flatMap(([path, file]) => {
    const card = cards[path.replace(/\.safetensors$/, '.json')];
    if (!card) return [];
    const id = path.replace(/^.*\/|\.safetensors$/g, '');
    return [{ ...card, id, url: new URL(file, location.href).href }];
  })
  .sort((a, b) => (a.order ?? 0) - (b.order ?? 0) || (a.id < b.id ? -1 : 1));
