// Texts said in other words: what is cut keeps the ends that its template has, and beams are those that are asked for.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ParameterStore, type Device } from '../../engine/index';
import { mbart } from '../../models/families/bart';
import { save } from '../../models/family/load';
import { SequenceGenerator } from '../../models/index';
import { pipeline } from '../../models/tasks/index';
import bart from '../fixtures/seq2seq-bart.json';
import fixture from '../fixtures/tasks.json';
import { withDevice } from '../harness/device';

describe('a text rewriter', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });
  afterEach(() => void vi.restoreAllMocks());

  it('cuts between the special tokens, and searches as it is told', async () => {
    const { config: given, parameters } = bart.families.mbart;
    const config = { ...given, vocab_size: 131 };
    const model = mbart.build(config, { names: () => Object.keys(parameters) });
    using _store = new ParameterStore(device, model, { seed: 3 });
    const files = new Map(await save(mbart, model, config));
    // As mBART's: the text, the end, a language.
    const [SEP, CLS] = ['[SEP]', '[CLS]'].map((id) => ({ SpecialToken: { id, type_id: 0 } }));
    const single = [{ Sequence: { id: 'A', type_id: 0 } }, SEP, CLS];
    const { tokenizer } = fixture;
    const post_processor = { ...tokenizer.post_processor, single };
    files.set('tokenizer.json', new Blob([JSON.stringify({ ...tokenizer, post_processor })]));
    const folder = (name: string) => Promise.resolve(files.get(name) ?? null);
    using translate = await pipeline('translation', folder, { device });

    const generate = vi.spyOn(SequenceGenerator.prototype, 'generate');
    await translate('the film is good and bad '.repeat(9), { max_new_tokens: 3 });
    const [[[ids]]] = generate.mock.calls;
    expect(Array.from(ids)).toHaveLength(20);
    expect(Array.from(ids).slice(-2)).toEqual([3, 2]); // [SEP] [CLS]
    expect(Array.from(ids).slice(0, -2)).not.toContain(3);

    const [{ translation_text: text }] = await translate('the film', { num_beams: 8, max_new_tokens: 3 });
    expect(typeof text).toBe('string'); // whatever of the 131 ids the tokenizer has
    expect(generate.mock.calls[1][1]).toMatchObject({ mode: 'beam', beams: 8 });
    await expect(translate('the film', { num_beams: 0 })).rejects.toThrow(/num_beams is 0/);
    await expect(translate(['the film', null] as never)).rejects.toThrow(/text 1 is null/);
    expect(await translate([])).toEqual([]);
  });
});
