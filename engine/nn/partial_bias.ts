import { EngineError } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { concat, slice } from '../shaders/rearrange/rearrange';

/** Outputs of a layer by name, in order. */
type Sections = Readonly<Record<string, number>>;

/** A bias of some outputs of a layer, which holds theirs one after the other. `biasBut` makes one. */
export interface PartialBias {
  /** How many numbers each of these outputs has. */
  sizes(sections: Sections): readonly number[];
  /** The bias of all outputs, (out), with zeros for those that have none. */
  row(g: Graph, bias: Tensor, sections: Sections): Tensor;
  /** The same of numbers. */
  spread(bias: Float32Array, sections: Sections): Float32Array;
  /** The way back. */
  gather(all: Float32Array, sections: Sections): Float32Array;
  /** Where the bias holds the outputs of a name; null where they have none. */
  of(name: string, sections: Sections): { readonly from: number; readonly outputs: number } | null;
}

/**
 * A bias of all outputs of a layer but some, by name: `new Attention({ …, bias: biasBut('key') })` is Whisper's. (A bias of
 * keys moves all scores of a row alike, so that softmax takes it away again.) Throws `EngineError` for names that a layer has not.
 */
export function biasBut(...without: readonly string[]): PartialBias {
  /** Outputs that have a bias: the first and how many, and where the bias holds them. */
  const places = (sections: Sections) => {
    const unknown = without.find((name) => !Object.hasOwn(sections, name));
    if (unknown !== undefined) {
      const names = Object.keys(sections).join(', ') || 'not named';
      const what = `${JSON.stringify(unknown)} is none of the layer's outputs`;
      throw new EngineError('biasBut', what, `They are ${names}.`);
    }
    let [from, at] = [0, 0];
    return Object.entries(sections).flatMap(([name, outputs]) => {
      const own = { name, from, outputs, at };
      from += outputs;
      if (without.includes(name)) return [];
      at += outputs;
      return [own];
    });
  };
  const total = (sections: Sections): number => Object.values(sections).reduce((sum, n) => sum + n, 0);
  return {
    sizes: (sections) => places(sections).map(({ outputs }) => outputs),
    row(g, bias, sections) {
      const parts: Tensor[] = [];
      let end = 0;
      const fill = (to: number): void => {
        if (to > end) parts.push(g.constant('no bias', [to - end], new Float32Array(to - end)));
      };
      for (const { from, outputs, at } of places(sections)) {
        fill(from);
        parts.push(slice(g, bias, 0, at, outputs));
        end = from + outputs;
      }
      fill(total(sections));
      return concat(g, parts, 0);
    },
    spread(bias, sections) {
      const all = new Float32Array(total(sections));
      for (const { from, outputs, at } of places(sections)) all.set(bias.subarray(at, at + outputs), from);
      return all;
    },
    gather(all, sections) {
      const own = places(sections);
      const bias = new Float32Array(own.reduce((sum, { outputs }) => sum + outputs, 0));
      for (const { from, outputs, at } of own) bias.set(all.subarray(from, from + outputs), at);
      return bias;
    },
    of(name, sections) {
      const own = places(sections).find((one) => one.name === name);
      return own ? { from: own.at, outputs: own.outputs } : null;
    },
  };
}
