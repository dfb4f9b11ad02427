/** Heat maps as files: the same picture as on the page, drawn anew at a size of its own. */
import { fit, paintCells, paintLabels, shortened, type HeatMapData, type Layout } from './cells';
import { palette, themeValue } from './colours';
import { element } from './dom';

/** Side of a cell, px. */
const CELL = 34;
const MARGIN = 12;
/** Pixels of a PNG for one of the drawing, at most. */
const PNG_SCALE = 3;
/** Pixels that every browser has room for: in all, and along a side. */
const PNG_PIXELS = 16 * 2 ** 20;
const PNG_SIDE = 8192;

interface Sheet {
  readonly layout: Layout;
  readonly width: number;
  readonly height: number;
}

function sheetOf(context: CanvasRenderingContext2D, data: HeatMapData): Sheet {
  const options = { smallest: CELL, largest: CELL, square: true, tallest: Infinity };
  const layout = fit(context, data, options, { clientWidth: 0, clientHeight: 0 });
  const moved = { ...layout, left: layout.left + MARGIN, top: layout.top + MARGIN };
  return {
    layout: moved,
    width: Math.ceil(moved.left + layout.width * data.columns + MARGIN),
    height: Math.ceil(moved.top + layout.height * data.rows + MARGIN),
  };
}

/** A PNG in the colours of the present theme. */
export async function heatMapPng(data: HeatMapData): Promise<Blob> {
  const canvas = element('canvas');
  const context = canvas.getContext('2d')!;
  const { layout, width, height } = sheetOf(context, data);
  const scale = Math.min(
    PNG_SCALE,
    Math.sqrt(PNG_PIXELS / (width * height)),
    PNG_SIDE / Math.max(width, height),
  );
  canvas.width = Math.floor(width * scale);
  canvas.height = Math.floor(height * scale);
  context.scale(scale, scale);
  context.fillStyle = themeValue('--paper');
  context.fillRect(0, 0, width, height);
  paintCells(context, data, layout);
  // Titles stand at the left and upper edge of what they are drawn on.
  context.translate(MARGIN, MARGIN);
  paintLabels(context, data, { ...layout, left: layout.left - MARGIN, top: layout.top - MARGIN });
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))),
      'image/png',
    );
  });
}

/** A stand-alone SVG: a rectangle with its value as title for each cell, labels as text. */
export function heatMapSvg(data: HeatMapData): string {
  const context = element('canvas').getContext('2d')!;
  const { layout, width: w, height: h } = sheetOf(context, data);
  const { left, top, width, height, upright } = layout;
  const { colour, ink } = palette(data.palette, data.range);
  const soft = themeValue('--soft');
  const cells: string[] = [];
  for (let row = 0; row < data.rows; row++) {
    for (let column = 0; column < data.columns; column++) {
      const value = data.value(row, column);
      const [x, y] = [left + column * width, top + row * height];
      const title = `${data.rowAxis.labels[row]} ← ${data.columnAxis.labels[column]}: ${value.toFixed(4)}`;
      cells.push(
        `<rect x="${x}" y="${y}" width="${width - 1}" height="${height - 1}" fill="${colour(value)}"><title>${escape(title)}</title></rect>`,
      );
      if (data.text) {
        cells.push(
          `<text x="${x + width / 2}" y="${y + height / 2}" text-anchor="middle" dominant-baseline="central" font-size="11" fill="${ink(value)}">${escape(data.text(value))}</text>`,
        );
      }
    }
  }
  const label = (x: number, y: number, text: string, anchor: string, turned = false): string => {
    const turn = turned ? ` transform="rotate(-90 ${x} ${y})"` : '';
    const shown = shortened(context, text);
    const title = shown === text ? '' : `<title>${escape(text)}</title>`;
    return `<text x="${x}" y="${y}" text-anchor="${anchor}" dominant-baseline="central"${turn}>${escape(shown)}${title}</text>`;
  };
  const labels = [
    ...data.rowAxis.labels.map((text, row) => label(left - 6, top + (row + 0.5) * height, text, 'end')),
    ...data.columnAxis.labels.map((text, column) =>
      label(
        left + (column + 0.5) * width,
        top - (upright ? 5 : 10),
        text,
        upright ? 'start' : 'middle',
        upright,
      ),
    ),
    label(left, MARGIN + 6, data.columnAxis.title, 'start'),
    label(MARGIN + 6, top + height * data.rows, data.rowAxis.title, 'start', true),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${escape(themeValue('--sans'))}" font-size="12">`,
    `<title>${escape(data.label)}</title>`,
    `<rect width="${w}" height="${h}" fill="${themeValue('--paper')}"/>`,
    ...cells,
    `<g fill="${soft}">${labels.join('')}</g>`,
    '</svg>',
    '',
  ].join('\n');
}

const escape = (text: string): string =>
  text
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd');
