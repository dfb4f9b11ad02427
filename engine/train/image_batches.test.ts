import { describe, expect, it } from 'vitest';
import { IGNORE_INDEX } from '../graph/plan';
import { classify } from './classes';
import { ImageBatches, type LabelledImage } from './image_batches';

const image = (n: number): LabelledImage => ({ pixels: new Float32Array(12).fill(n), label: n % 3 });
const rows = [0, 1, 2, 3, 4].map(image);
const size = [2, 2] as const;

describe('ImageBatches', () => {
  it('have every image once an epoch, in an order of their own', () => {
    const batches = new ImageBatches(rows, { size, batch: 2, seed: 7 });
    expect(batches.perEpoch).toBe(3);
    const epochs = [0, 1].map((epoch) =>
      [0, 1, 2].flatMap((k) =>
        batches.at(3 * epoch + k).rows.map(({ pixels }) => (pixels as Float32Array)[0]),
      ),
    );
    for (const epoch of epochs) expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(new ImageBatches(rows, { size, batch: 2, seed: 7 }).at(4)).toEqual(batches.at(4));
  });

  it('fill the rest with zeros, and call for pixels that are not at hand', () => {
    const late: LabelledImage = { pixels: () => new Float32Array(12).fill(9), label: 1 };
    const { pixels, rows: own } = new ImageBatches([late], { size, batch: 2, shuffle: false }).at(0);
    expect(own).toEqual([late]);
    expect([...pixels]).toEqual([...new Array<number>(12).fill(9), ...new Array<number>(12).fill(0)]);
  });

  it('tell pixels, labels and options apart', () => {
    const print = (list: LabelledImage[], more: object = {}) =>
      new ImageBatches(list, { size, ...more }).fingerprint;
    const all = [print(rows), print(rows.slice(1)), print(rows, { batch: 4 }), print(rows, { seed: 1 })];
    all.push(print([{ ...rows[0], label: 2 }, ...rows.slice(1)]));
    all.push(print([{ ...rows[0], pixels: new Float32Array(12).fill(0.5) }, ...rows.slice(1)]));
    expect(new Set(all).size).toBe(all.length);
    expect(print(rows)).toBe(print(rows));
  });

  it('refuse what cannot be', () => {
    const make =
      (list: readonly object[], more: object = {}) =>
      () =>
        new ImageBatches(list as LabelledImage[], { size, ...more });
    expect(make([])).toThrow('there are no images');
    expect(make([rows[0], { pixels: new Float32Array(5), label: 0 }])).toThrow(
      'image 1 is 5 numbers, not 12',
    );
    expect(make([{ pixels: [1, 2], label: 0 }])).toThrow('image 0 is no Float32Array');
    expect(make(rows, { size: 2 })).toThrow('height is undefined');
    expect(make(rows, { batch: 0 })).toThrow('batch is 0');
    expect(make(rows, { shuffel: true })).toThrow('Did you mean shuffle?');
    const wrong = new ImageBatches([{ pixels: () => new Float32Array(3), label: 0 }], { size });
    expect(() => wrong.at(0)).toThrow('image 0 is 3 numbers, not 12');
    expect(() => wrong.at(-1)).toThrow('step is -1');
  });

  it('are classified as texts are', () => {
    const batches = new ImageBatches(rows, { size, batch: 4, shuffle: false });
    const objective = classify(batches, { classes: 3, weights: [1, 2, 3] });
    const feed = objective.feed(batches.at(1));
    expect([...(feed.inputs.labels as Uint32Array)]).toEqual([1, ...new Array<number>(3).fill(IGNORE_INDEX)]);
    expect(feed).toMatchObject({ labels: 2, tokens: 1, shape: 0 });
    expect(() => classify(batches, { classes: 2 })).toThrow('label of row 2 is 2');
    const several = new ImageBatches([{ ...rows[0], label: [0, 2] }], { size, batch: 1 });
    const { inputs } = classify(several, { classes: 3, multiLabel: true }).feed(several.at(0));
    expect([...(inputs.targets as Float32Array)]).toEqual([1, 0, 1]);
    expect(() => classify(several, { classes: 3 })).toThrow('row 0 has a list of labels');
  });
});
