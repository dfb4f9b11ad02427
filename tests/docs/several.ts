import type { Device } from '../../engine/index';
import { combine, loadPeft, NamedAdapters } from '../../models/adapters/index';
import { Generator, llama, load, type ModelFolder } from '../../models/index';

/** What a prompt becomes without adapters, with each of two, and with one that is made of both. */
export async function several(
  device: Device,
  base: ModelFolder,
  folders: Readonly<Record<'legal' | 'french', ModelFolder>>,
) {
  using loaded = await load(base, { device, families: [llama] });
  const { model } = loaded;
  const next = async (): Promise<number[]> => {
    using generator = new Generator(device, model);
    const ids: number[] = [];
    for await (const id of generator.generate([3, 39], { tokens: 6, temperature: 0 })) ids.push(id);
    return ids;
  };
  using adapters = new NamedAdapters();
  const legal = await adapters.add('legal', () => loadPeft(loaded, folders.legal));
  const french = await adapters.add('french', () => loadPeft(loaded, folders.french));
  const found = [await next()];
  for (const name of adapters.names) {
    adapters.use(name);
    found.push(await next());
  }
  adapters.use();
  using mixed = await combine(model, [
    [legal, 0.7],
    [french, 0.3],
  ]);
  return { found, mixed: await next(), ranks: mixed.store.parameters.size };
}
