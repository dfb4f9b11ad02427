/** A model that is loaded, with what it is for: answers what it is asked, and tells what it saw. */
import type { Device, Tokenizer } from '../../../engine/index';
import { load, loadTokenizer, type ModelFolder, type Pretrained } from '../../../models/index';
import { openEmbedder } from '../../../models/tasks/index';
import { Look, type Reading } from '../../session/look';
import {
  comparing,
  PERFORMERS,
  type AskOptions,
  type Parts,
  type Performed,
  type Performer,
} from './performers';
import type { Ask, Found, Opened, Use } from './protocol';

export interface LoadOptions {
  readonly device: Device;
  readonly signal: AbortSignal;
  readonly onWeights: (done: number, total: number) => void;
}

/** What a model learns from on this page: a text, or rows of a class and a text. Null where it does not learn here. */
function lessonFor({ use, storage }: Found, problem: unknown): Opened['learns'] {
  if (storage !== 'f32') return null;
  if (use === 'write' || use === 'fill') return 'text';
  return use === 'classify' && problem === 'single_label_classification' ? 'rows' : null;
}

export class OpenModel implements Disposable {
  readonly info: Opened;
  readonly loaded: Pretrained<object>;
  readonly tokenizer: Tokenizer;
  readonly look: Look;
  readonly #performer: Performer;

  private constructor(info: Opened, parts: Omit<Parts, 'device'>, look: Look, performer: Performer) {
    [this.info, this.loaded, this.tokenizer] = [info, parts.loaded, parts.tokenizer];
    [this.look, this.#performer] = [look, performer];
  }

  /** Loads it onto the device. A load that fails or is aborted leaves nothing there. */
  static async open(
    folder: ModelFolder,
    found: Found & { readonly use: Use },
    { device, signal, onWeights }: LoadOptions,
  ): Promise<OpenModel> {
    const { families } = await import('../../../models/families/index');
    const { storage } = found;
    const options = { device, families, signal, storage, onProgress: onWeights };
    const own: Disposable[] = [];
    try {
      let parts: Parts;
      let performer: Performer;
      if (found.use === 'compare') {
        const opened = await openEmbedder(folder, options);
        own.push(opened);
        parts = { device, loaded: opened.loaded, tokenizer: opened.tokenizer };
        performer = comparing(opened);
      } else {
        const tokenizer = await loadTokenizer(folder, { signal });
        const loaded = await load(folder, options);
        own.push(loaded);
        parts = { device, loaded, tokenizer };
        const chats = found.use === 'write' && Object.keys(tokenizer.chatTemplates).length > 0;
        performer = PERFORMERS[chats ? 'chat' : found.use](parts as never);
      }
      const { loaded, tokenizer } = parts;
      const model = loaded.model as Reading['model'] & {
        readonly labels?: readonly string[];
        readonly problem?: string;
      };
      const labels = found.use === 'classify' || found.use === 'tag' ? (model.labels ?? []) : [];
      const info: Opened = {
        ...found,
        use: performer.use ?? found.use,
        context: model.config.context,
        mask: performer.mask ?? null,
        labels,
        zeroShot: found.use === 'classify' && labels.some((label) => /^entail/i.test(label)),
        learns: lessonFor(found, model.problem),
      };
      const look = new Look(device, { way: performer.way, model } as Reading, { plans: 2 }); // of a text, and of its lens
      return new OpenModel(info, { loaded, tokenizer }, look, {
        ...performer,
        owned: [...performer.owned, ...own],
      });
    } catch (error) {
      for (const one of own) one[Symbol.dispose]();
      throw error;
    }
  }

  ask(ask: Ask, options: AskOptions): Promise<Performed> {
    return this.#performer.perform(ask, options);
  }

  [Symbol.dispose](): void {
    this.look[Symbol.dispose]();
    for (const one of this.#performer.owned) one[Symbol.dispose]();
  }
}
