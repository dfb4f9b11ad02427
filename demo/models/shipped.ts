/**
 * The models that the site ships: every folder demo/models/NAME that holds a card.json beside the files of a Hugging Face
 * folder. To add one, add its folder.
 */
import type { Both } from '../site/language';
import type { Use } from '../bring/session/protocol';

/** What a card says: of which data, under which licence, how it was trained and how well it does. */
export interface ModelCard {
  readonly title: Both;
  readonly note: Both;
  readonly use: Use;
  readonly data: string;
  readonly licence: string;
  readonly training: string;
  readonly adapter: string;
  /** On texts that were held out. */
  readonly scores: string;
  /** Texts to try; the first is there when the page opens. */
  readonly examples: readonly string[];
  /** Where it stands among the models, lower first. */
  readonly order: number;
}

export interface ShippedModel extends ModelCard {
  readonly id: string;
  /** Addresses of its files. */
  readonly files: Readonly<Record<string, string>>;
}

const cards = import.meta.glob<ModelCard | ShippedCaptioner>('./*/card.json', {
  eager: true,
  import: 'default',
});
const files = import.meta.glob<string>(['./*/*.json', './*/*.safetensors', '!./*/card.json'], {
  eager: true,
  import: 'default',
  query: '?url',
});

/** A model that reads pictures: the page See has it, and no page of texts. */
export interface ShippedCaptioner extends Omit<ShippedModel, 'use' | 'examples'> {
  readonly use: 'caption';
}

const all = Object.entries(cards)
  .map(([path, card]): ShippedModel | ShippedCaptioner => {
    const folder = path.replace(/card\.json$/, '');
    const own = Object.entries(files).filter(([file]) => file.startsWith(folder));
    return {
      ...card,
      id: folder.split('/').at(-2)!,
      files: Object.fromEntries(
        own.map(([file, url]) => [file.slice(folder.length), new URL(url, location.href).href]),
      ),
    };
  })
  .sort((a, b) => a.order - b.order);

/** Models of texts. */
export const SHIPPED = all.filter((one): one is ShippedModel => one.use !== 'caption');

/** The model that says what is in a picture. */
export const CAPTIONER = all.find((one): one is ShippedCaptioner => one.use === 'caption')!;

/** The model that goes on with a text, which the home page uses, too. */
export const WRITER = SHIPPED.find(({ use }) => use === 'write')!;
