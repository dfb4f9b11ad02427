// Drawn pictures: what is in them, what can be said of them, and that nobody is trained on what is held out.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../engine/index';
import { ImageProcessor } from '../../models/images/image_processor';
import { faultOf, holds, readCaption, references, taught, WORDS } from './captions';
import { draw } from './draw';
import { batchAt, captionerOf, pixelsOf } from './lesson';
import {
  COLOURS,
  drawScene,
  HELD_BESIDE,
  HELD_PAIRS,
  isClear,
  partOf,
  PARTS,
  SHAPES,
  type Scene,
  type Thing,
} from './scene';
import { LENGTH, PROCESSOR, SIDE, TOKENS } from './vocabulary';

const random = new RandomStream(7, 'test');
const some = (count: number, part: (typeof PARTS)[number]): Scene[] =>
  Array.from({ length: count }, () => drawScene(random, part));
const thing = (more: Partial<Thing>): Thing => ({
  ...{ shape: 'circle', colour: 'red', size: 'small', x: 0.3, y: 0.5, reach: 0.13, turn: 0, tint: [0, 0, 0] },
  ...more,
});
const paper = [1, 1, 1] as const;

describe('scenes', () => {
  it('are of their part, clear, and the same for the same seed', () => {
    for (const part of PARTS) {
      for (const { things } of some(300, part)) {
        expect(partOf(things)).toBe(part);
        expect(isClear(things)).toBe(true);
        for (const { x, y, reach } of things) {
          expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThan(reach);
        }
      }
    }
    const [a, b] = [1, 1].map((seed) => drawScene(new RandomStream(seed, 'same')));
    expect(a).toEqual(b);
    expect(drawScene(new RandomStream(2, 'same'))).not.toEqual(a);
  });

  it('hold out pairs whose halves are all seen elsewhere', () => {
    expect(HELD_PAIRS.size).toBe(8);
    const kinds = some(3000, 'seen').flatMap(({ things }) => things);
    const seen = new Set(kinds.map(({ colour, shape }) => `${colour} ${shape}`));
    for (const pair of HELD_PAIRS) expect(seen.has(pair), pair).toBe(false);
    expect(seen.size).toBe(SHAPES.length * COLOURS.length - HELD_PAIRS.size);
    for (const beside of HELD_BESIDE) for (const shape of beside.split(' ')) expect(SHAPES).toContain(shape);
  });
});

describe('captions', () => {
  const pair = [
    thing({}),
    thing({ x: 0.7, y: 0.8, shape: 'square', colour: 'blue', size: 'large', reach: 0.2 }),
  ];
  const scene: Scene = { things: pair, paper };

  it('are true in every order and by every relation that holds', () => {
    expect(references(scene)).toEqual([
      'a small red circle left of a large blue square',
      'a small red circle above a large blue square',
      'a large blue square right of a small red circle',
      'a large blue square below a small red circle',
    ]);
    expect(taught(scene)).toBe('a large blue square right of a small red circle');
    expect(references({ things: pair.slice(0, 1), paper })).toEqual(['a small red circle']);
    for (const part of PARTS)
      for (const one of some(300, part)) {
        expect(references(one)).toContain(taught(one));
        for (const caption of references(one)) expect(faultOf(caption, one), caption).toBe(null);
      }
  });

  it.each<[string, ReturnType<typeof faultOf>]>([
    ['a small red circle', 'count'],
    ['a small red circle left of a large blue circle', 'kind'],
    ['a small blue circle left of a large red square', 'kind'],
    ['a large red circle left of a large blue square', 'kind'],
    ['a small red circle right of a large blue square', 'relation'],
    ['a small red circle left a large blue square', 'words'],
    ['small red circle left of a large blue square', 'words'],
    ['a small red circle left of a large blue square above', 'words'],
    ['', 'words'],
  ])('%j is false by its %s', (caption, fault) => {
    expect(faultOf(caption, scene)).toBe(fault);
  });

  it('of two alike things only how they stand to each other is asked', () => {
    const alike: Scene = { things: [thing({}), thing({ x: 0.8 })], paper };
    const said = (relation: string) => `a small red circle ${relation} a small red circle`;
    expect(faultOf(said('left of'), alike)).toBe(null);
    expect(faultOf(said('right of'), alike)).toBe(null);
    expect(faultOf(said('above'), alike)).toBe('relation');
    expect(holds('left of', thing({}), thing({ x: 0.4 }))).toBe(false); // too near to say
  });

  it('are of words that the model has, and read back', () => {
    for (const caption of references(scene)) {
      for (const word of caption.split(' ')) expect(WORDS).toContain(word);
      expect(readCaption(caption)!.kinds).toHaveLength(2);
    }
    expect(new Set(TOKENS).size).toBe(TOKENS.length);
  });
});

describe('drawings', () => {
  const pixel = ({ data, width }: ReturnType<typeof draw>, x: number, y: number) => [
    ...data.subarray(4 * (Math.floor(y * width) * width + Math.floor(x * width))).subarray(0, 3),
  ];

  it('have each thing where it is, in its colour, with smooth edges', () => {
    const scene: Scene = { things: [thing({ x: 0.3, y: 0.7, reach: 0.2 })], paper };
    const picture = draw(scene, 100);
    expect(pixel(picture, 0.3, 0.7)).toEqual([214, 40, 40]);
    expect(pixel(picture, 0.9, 0.1)).toEqual([255, 255, 255]);
    // The area of a circle of 0.92 of its reach: pixels at the edge count in part.
    const share = (side: number): number => {
      const { data } = draw(scene, side);
      let covered = 0;
      for (let i = 0; i < side * side; i++) covered += (255 - data[4 * i + 1]) / (255 - 40);
      return covered / side ** 2;
    };
    for (const side of [24, 48, 200]) expect(share(side)).toBeCloseTo(Math.PI * (0.92 * 0.2) ** 2, 3);
  });

  it.each(SHAPES)('%s: covers what it should, and less than its box', (shape) => {
    const { data } = draw({ things: [thing({ shape, x: 0.5, y: 0.5, reach: 0.4 })], paper }, 64);
    const dark = Array.from({ length: 64 * 64 }, (_, i) => data[4 * i + 1] < 128).filter(Boolean).length;
    expect(dark / 64 ** 2).toBeGreaterThan(0.15);
    expect(dark / 64 ** 2).toBeLessThan(0.64);
    expect(
      pixel(draw({ things: [thing({ shape, x: 0.5, y: 0.5, reach: 0.4 })], paper }, 64), 0.5, 0.5)[1] < 128,
    ).toBe(shape !== 'ring');
  });

  it('are what the image processor of the shipped model makes of them', () => {
    const [scene] = some(1, 'seen');
    const pixels = pixelsOf(scene);
    expect(pixels).toHaveLength(3 * SIDE * SIDE);
    const { data } = draw(scene, SIDE);
    const [mean, std] = [Math.fround(PROCESSOR.image_mean[0]), Math.fround(PROCESSOR.image_std[0])];
    expect(pixels[0]).toBeCloseTo((data[0] / 255 - mean) / std, 5);
    expect(new ImageProcessor(PROCESSOR).size).toEqual([SIDE, SIDE]);
  });
});

it('batches are a function of their number, and never held out', () => {
  const o = {
    sizes: { width: 8, heads: 1, encoderLayers: 1, decoderLayers: 1 },
    batch: 5,
    steps: 9,
    lr: 1,
    hidden: 0,
    seed: 3,
  };
  const [a, b, c] = [4, 4, 5].map((step) => batchAt(step, o));
  expect(a).toEqual(b);
  expect(c.pixels).not.toEqual(a.pixels);
  const model = captionerOf(o.sizes);
  expect(model.config.sourceShape).toEqual([3, SIDE, SIDE]);
  for (const { caption } of a.rows) {
    expect(caption.length).toBeLessThan(LENGTH);
    expect(readCaption(Array.from(caption, (id) => TOKENS[id]).join(' '))).not.toBe(null);
  }
});
