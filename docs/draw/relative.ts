/** Encodings of the distance between a query and a key, which change attention's scores. */
import { alibiSlopes } from '../../engine/nn/positional/alibi';
import { relativeSinusoidalTable } from '../../engine/nn/positional/sinusoidal';
import { t5Bucket } from '../../engine/nn/positional/t5';
import { axis, every, HEIGHT, LEFT, LEGEND, MIDDLE, RIGHT, SIDE, TOP, WIDTH } from './panels';
import { diverging, Picture, sequential } from './picture';

export function t5(): Picture {
  const picture = new Picture(WIDTH, HEIGHT, "T5's buckets of distances, in an encoder and in a decoder");
  const size = 80;
  const scale = diverging(-16, 16, 33);
  const draw = (x: number, bidirectional: boolean, title: string): void => {
    picture.heatMap({
      x,
      y: TOP,
      cell: 4,
      rows: size,
      columns: size,
      scale,
      value(i, j) {
        if (j > i && !bidirectional) return null;
        const bucket = t5Bucket(j - i, { bidirectional });
        if (!bidirectional) return -bucket / 2;
        return bucket >= 16 ? bucket - 16 : -bucket;
      },
      title,
      across: axis('position of the key', size),
      down: axis('position of the query', size),
    });
  };
  draw(LEFT, true, 'Encoder: 16 buckets each way');
  draw(RIGHT, false, 'Decoder: 32 buckets into the past');
  picture.legend(MIDDLE[0], LEGEND, scale, 'far before', 'far after');
  picture.legend(MIDDLE[1], LEGEND, { ...scale, colours: scale.colours.slice(0, 17) }, 'far before', 'here');
  return picture;
}

export function alibi(): Picture {
  const picture = new Picture(WIDTH, 276, "What ALiBi's slopes of four heads multiply softmax weights by");
  const slopes = alibiSlopes(8);
  const scale = sequential(0, 1);
  [0, 2, 4, 6].forEach((head, at) => {
    picture.heatMap({
      x: LEFT + at * 190,
      y: TOP,
      cell: 4,
      rows: 40,
      columns: 40,
      scale,
      value: (i, j) => (j > i ? null : Math.exp(-slopes[head] * (i - j))),
      title: `Head ${head + 1}: slope 1/${1 / slopes[head]}`,
      across: axis(at === 0 ? 'position of the key' : '', 40),
      ...(at === 0 && { down: axis('position of the query', 40) }),
    });
  });
  picture.legend(WIDTH / 2, 250, scale, 'weight × 0', 'weight × 1');
  return picture;
}

export function transformerXL(): Picture {
  const [memory, segment, C] = [48, 32, 64];
  const length = memory + segment;
  const picture = new Picture(
    820,
    430,
    "Transformer-XL's table of distances, and the row that each pair reads",
  );
  const table = relativeSinusoidalTable(length, C);
  const numbers = diverging(-1, 1);
  picture.heatMap({
    x: LEFT,
    y: TOP,
    cell: 4,
    rows: length,
    columns: C,
    scale: numbers,
    value: (row, column) => table[row * C + column],
    title: 'The table: farthest first',
    across: { label: '32 sines, then 32 cosines', ticks: every(16, C) },
    down: { label: 'distance', ticks: every(16, length).map(([d]) => [length - 1 - d, d] as const) },
  });
  const distances = sequential(0, length - 1);
  const x = RIGHT - 30;
  const draw = (y: number, clamp: number, title: string, label: string): void => {
    picture.heatMap({
      x,
      y,
      cell: 4,
      rows: segment,
      columns: length,
      scale: distances,
      value: (i, j) => (j > memory + i ? null : Math.min(clamp, memory + i - j)),
      title,
      across: { label, ticks: every(16, length) },
      down: axis('query', segment),
    });
    const edge = x + memory * 4;
    picture.line([[edge, y], [edge, y + segment * 4]], { dash: '3 3', width: 1.2 }); // prettier-ignore
  };
  draw(TOP, Infinity, 'The distance that query i and key j read', '');
  draw(
    TOP + SIDE - segment * 4,
    32,
    'The same with distances clamped at 32',
    'key: 48 of the memory, then 32 of the segment',
  );
  picture.legend(LEFT + (C * 4) / 2, LEGEND, numbers, '−1', '1');
  picture.legend(x + SIDE / 2, LEGEND, distances, '0', '79');
  return picture;
}
