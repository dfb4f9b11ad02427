/** Encodings that are added to a token's vector: fixed and learned tables. */
import { readFileSync } from 'node:fs';
import {
  AdamW,
  characterTokenizer,
  Device,
  nextToken,
  randomWindows,
  Run,
  sinusoidalTable,
} from '../../engine/index';
import { GPT } from '../../models/index';
import { axis, HEIGHT, LEFT, LEGEND, MIDDLE, RIGHT, square, T, WIDTH } from './panels';
import { diverging, Picture, sequential, type Scale } from './picture';

const dot = (a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, C: number): number => {
  let sum = 0;
  for (let c = 0; c < C; c++) sum += a[i * C + c] * b[j * C + c];
  return sum;
};

/** A table (T, C) and how alike its rows are. */
function tableAndLikeness(
  picture: Picture,
  table: ArrayLike<number>,
  { title, range, alike }: { title: string; range: number; alike: Scale },
): Picture {
  const C = 64;
  const numbers = diverging(-range, range);
  const length = (i: number) => Math.sqrt(dot(table, i, table, i, C));
  picture.heatMap({
    ...square,
    x: LEFT,
    scale: numbers,
    value: (row, column) => table[row * C + column],
    title,
    across: axis('column', C),
    down: axis('position', T),
  });
  picture.heatMap({
    ...square,
    x: RIGHT,
    scale: alike,
    value: (i, j) => dot(table, i, table, j, C) / (length(i) * length(j)),
    title: 'How alike two positions are (cosine)',
    across: axis('position', T),
    down: axis('position', T),
  });
  picture.legend(MIDDLE[0], LEGEND, numbers, `−${range}`, `${range}`);
  picture.legend(MIDDLE[1], LEGEND, alike, alike.low < 0 ? '−1' : '0', '1');
  return picture;
}

export function sinusoidal(): Picture {
  const picture = new Picture(WIDTH, HEIGHT, 'The sinusoidal table, and the cosine between its rows');
  return tableAndLikeness(picture, sinusoidalTable(T, 64), {
    title: 'The table, 64 columns',
    range: 1,
    alike: sequential(0, 1),
  });
}

export async function learned(): Promise<Picture> {
  const picture = new Picture(WIDTH, HEIGHT, 'A learned table of positions, and the cosine between its rows');
  const table = await learnTable();
  // Without the mean row, which says nothing of where a token stands.
  const mean = Array.from({ length: 64 }, (_, c) => {
    let sum = 0;
    for (let t = 0; t < T; t++) sum += table[t * 64 + c];
    return sum / T;
  });
  const centred = Float64Array.from(table, (v, at) => v - mean[at % 64]);
  return tableAndLikeness(picture, centred, {
    title: 'The table less its mean row, 64 columns',
    range: 0.1,
    alike: diverging(-1, 1),
  });
}

/** The position table of a two-layer GPT after 1,000 steps on eight sonnets. (64, 64) */
async function learnTable(): Promise<Float32Array> {
  const text = readFileSync(new URL('../../tests/fixtures/sonnets.txt', import.meta.url), 'utf8');
  const tokenizer = characterTokenizer(text);
  const device = await Device.open();
  try {
    const model = new GPT({ vocabulary: tokenizer.size, context: T, layers: 2, heads: 4, width: 64 });
    const schedule = { kind: 'cosine', lr: 3e-3, warmup: 50, steps: 1000 } as const;
    const run = await Run.create({
      device,
      model,
      optimizer: new AdamW(),
      schedule,
      objective: nextToken({ batch: 16, length: T }),
    });
    await run.fit({
      steps: 1000,
      batches: randomWindows(tokenizer.encode(text), { batch: 16, length: T }),
      onEvent: () => undefined,
    });
    return await run.trainer.store.read('positions.weight');
  } finally {
    device[Symbol.dispose]();
  }
}
