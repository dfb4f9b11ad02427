/** (IA)³ as PEFT's file and configuration have it. */
import { InputFactors, type OutputFactors } from '../../engine/adapters';
import { EngineError, type LinearPlace } from '../../engine/index';
import { reordered } from '../pretrained_checkpoint';
import type { TheirLinear, TheirModules } from './modules';
import type { Read, Tensors, Written } from './written';

/** Factors in their place. */
export interface PlacedFactors {
  readonly site: LinearPlace;
  readonly addition: InputFactors | OutputFactors;
}

/** Throws `EngineError` for what PEFT's settings cannot say. */
export function writeFactors(placed: readonly PlacedFactors[], modules: TheirModules, read: Read): Written {
  const linear: TheirLinear[] = [];
  const inputs: string[] = [];
  const tensors: Tensors = new Map();
  for (const one of modules.linear.values()) {
    const { name, place, order } = one;
    const own = placed.filter(
      ({ site }) =>
        site.layer === place?.layer &&
        site.columns.from <= place.columns.from &&
        place.columns.from + place.columns.outputs <= site.columns.from + site.columns.outputs,
    );
    if (!place || own.length === 0) continue;
    const [{ site, addition }, second] = own;
    if (second)
      throw new EngineError('savePeft', `${name} has factors twice`, 'PEFT has one of them: use one.');
    const all = read(addition.factors);
    linear.push(one);
    if (addition instanceof InputFactors) {
      inputs.push(name);
      tensors.set(`${name}.ia3_l`, { shape: [1, all.length], data: all });
      continue;
    }
    const first = place.columns.from - site.columns.from;
    const rows = all.slice(first, first + place.columns.outputs);
    const data = order ? reordered(rows, order, true) : rows;
    tensors.set(`${name}.ia3_l`, { shape: [data.length, 1], data });
  }
  const part = placed.find(({ site }) =>
    linear.every(({ place }) => place!.layer !== site.layer || place!.columns.from > site.columns.from),
  );
  if (part) {
    const what = `${part.site.name} is a part of a layer of Transformers`;
    throw new EngineError('savePeft', what, 'Adapt the whole layer.');
  }
  return { linear, inputs, settings: { peft_type: 'IA3', init_ia3_weights: true }, tensors };
}
