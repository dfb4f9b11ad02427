import { expectOptions } from '../../errors';
import { Parameter } from '../parameter';
import type { AdapterKind, ParameterCopy, ParameterSite } from './addition';
import { trainsAlone } from './freeze';
import { sitesOf } from './sites';

/** A parameter of the model as one of the adapter, which is trained while the model's own stays as it is. */
export class Copy implements ParameterCopy {
  readonly values: Parameter;

  constructor({ parameter, part }: ParameterSite) {
    const { shape, decay, sections } = parameter;
    this.values = new Parameter(part ? [part.outputs] : shape, {
      decay,
      ...(sections && !part && { sections }),
    });
  }
}

/**
 * Parameters that are learnt whole: for `adapt`, by their own names, such as 'classifier.output.{weight,bias}'. For heads that
 * began anew (PEFT's `modules_to_save`), for norms and for biases: see `bitfit`. They begin as the model's are.
 */
export function copy(options: Readonly<Record<string, never>> = {}): AdapterKind {
  expectOptions('copy', options, {});
  return { kind: 'copy', settings: {}, parameter: (site) => new Copy(site) };
}

/**
 * What `adapt` takes to learn all biases of a model and nothing else (BitFit, Ben Zaken et al. 2022), those of norms included:
 *
 *     const adapter = await adapt(model, { ...bitfit(model), 'classifier.output.weight': copy() });
 *
 * Biases that do not train by themselves stay as they are.
 */
export function bitfit(model: object): Record<string, AdapterKind> {
  const layers: Record<string, AdapterKind> = {};
  for (const site of sitesOf(model).values()) {
    if (!('parameter' in site) || site.part) continue;
    const { name, parameter } = site;
    if (trainsAlone(parameter) && /(^|\.)bias$/.test(name)) layers[name] = copy();
  }
  return layers;
}
