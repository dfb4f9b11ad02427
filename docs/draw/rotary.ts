/** Encodings that turn queries and keys, and how they are stretched to longer texts. */
import { RandomStream } from '../../engine/nn/init';
import { ropeFrequencies, type RopeScaling } from '../../engine/shaders/rope/frequencies';
import { axis, every, HEIGHT, LEFT, LEGEND, MIDDLE, RIGHT, SIDE, square, T, TOP, WIDTH } from './panels';
import { diverging, LINES, Picture } from './picture';

export function rope(): Picture {
  const picture = new Picture(WIDTH, HEIGHT, 'Rotary angles, and the score of a rotated query and key');
  const { frequencies } = ropeFrequencies({ width: 128 });
  const scale = diverging(-1, 1);
  picture.heatMap({
    ...square,
    x: LEFT,
    scale,
    value: (position, pair) => Math.cos(position * frequencies[pair]),
    title: 'Cosine of the angle, 64 pairs of columns',
    across: axis('pair', T),
    down: axis('position', T),
  });
  const random = new RandomStream(11, 'rope');
  const draw = () => Array.from({ length: 128 }, () => random.normal());
  const [q, k] = [draw(), draw()];
  const score = (distance: number): number =>
    frequencies.reduce((sum, f, j) => {
      const [c, s] = [Math.cos(distance * f), Math.sin(distance * f)];
      return sum + (q[j] * k[j] + q[j + 64] * k[j + 64]) * c + (q[j] * k[j + 64] - q[j + 64] * k[j]) * s;
    }, 0);
  let largest = 0;
  for (let d = -T; d <= T; d++) largest = Math.max(largest, Math.abs(score(d)));
  picture.heatMap({
    ...square,
    x: RIGHT,
    scale,
    value: (i, j) => score(i - j) / largest,
    title: 'q·k of one query and one key',
    across: axis('position of the key', T),
    down: axis('position of the query', T),
  });
  picture.legend(MIDDLE[0], LEGEND, scale, '−1', '1');
  picture.legend(MIDDLE[1], LEGEND, scale, 'negative', 'positive');
  return picture;
}

export function ropeScaling(): Picture {
  const picture = new Picture(
    820,
    430,
    'Frequencies of RoPE scaled by linear, NTK, YaRN and Llama 3.1 rules',
  );
  const [width, factor, originalContext] = [128, 8, 4096];
  const kinds: readonly (readonly [string, RopeScaling | null])[] = [
    ['none', null],
    ['linear', { type: 'linear', factor }],
    ['NTK', { type: 'ntk', factor }],
    ['YaRN', { type: 'yarn', factor, originalContext }],
    ['Llama 3.1', { type: 'llama3', factor, originalContext, lowFrequencyFactor: 1, highFrequencyFactor: 4 }],
  ];
  const plain = ropeFrequencies({ width }).frequencies;
  const [x0, y0, w, h] = [LEFT, TOP, SIDE, 300];
  const xOf = (pair: number) => x0 + (pair / 63) * w;
  const yOf = (share: number) => y0 + 8 - (Math.log2(share) / 3) * (h - 16);
  picture.text(x0, TOP - 12, 'Frequency beside unscaled RoPE, factor 8', { size: 13, weight: 600 });
  for (const share of [1, 1 / 2, 1 / 4, 1 / 8]) {
    picture.line([[x0, yOf(share)], [x0 + w, yOf(share)]], { width: 0.5 }); // prettier-ignore
    picture.text(x0 - 6, yOf(share) + 4, share === 1 ? '1' : `1/${1 / share}`, { anchor: 'end', size: 11 });
  }
  for (const [pair, label] of every(16, 64)) {
    picture.text(xOf(pair), y0 + h + 15, label, { anchor: 'middle', size: 11 });
  }
  picture.text(x0 + w / 2, y0 + h + 32, 'pair of columns, fastest first', { anchor: 'middle' });
  const labels: Readonly<Record<string, readonly [number, number, string]>> = {
    none: [44, 0.91, 'start'],
    linear: [3, 0.138, 'start'],
    NTK: [20, 0.455, 'end'],
    YaRN: [34, 0.455, 'end'],
    'Llama 3.1': [38.5, 0.62, 'start'],
  };
  kinds.forEach(([name, scaling], at) => {
    const { frequencies } = ropeFrequencies({ width, scaling });
    const points = Array.from(frequencies, (f, j) => [xOf(j), yOf(f / plain[j])] as const);
    picture.line(points, { stroke: LINES[at], width: 2 });
    const [pair, share, anchor] = labels[name];
    picture.text(xOf(pair), yOf(share), name, { fill: LINES[at], weight: 600, anchor });
  });

  const [pair, columns, cell, band] = [50, 160, 2, 22];
  const scale = diverging(-1, 1);
  const per = (factor * originalContext) / columns;
  picture.text(RIGHT, TOP - 12, `Cosine of pair ${pair} as far as position 32,768`, {
    size: 13,
    weight: 600,
  });
  const edge = RIGHT + (originalContext / per) * cell;
  kinds.forEach(([name, scaling], at) => {
    const frequency = ropeFrequencies({ width, scaling }).frequencies[pair];
    const y = TOP + 14 + at * (band + 36);
    picture.text(RIGHT, y, name, { fill: LINES[at], weight: 600 });
    picture.heatMap({
      x: RIGHT,
      y: y + 7,
      cell,
      rows: band / cell,
      columns,
      scale,
      value: (_, column) => Math.cos((column + 0.5) * per * frequency),
      title: '',
    });
    picture.line([[edge, y + 4], [edge, y + 10 + band]], { dash: '3 3', width: 1.5 }); // prettier-ignore
  });
  picture.text(edge, y0 + h + 15, '4,096: trained', { anchor: 'middle', size: 11 });
  picture.text(RIGHT + SIDE, y0 + h + 15, '32,768', { anchor: 'end', size: 11 });
  picture.text(MIDDLE[1], y0 + h + 32, 'position', { anchor: 'middle' });
  picture.legend(MIDDLE[1], LEGEND - 12, scale, '−1', '1');
  return picture;
}
