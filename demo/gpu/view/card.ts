/** What was found in a few lines, to copy, and the same as a picture. */
import { NOISE, spreadOf } from '../../../bench/harness/noise';
import type { Format } from '../../view/format';
import type { GpuStrings } from '../english';
import type { Report } from '../session/protocol';
import { fitsVerdict, rightVerdict } from './verdicts';

export function cardText(report: Report, memory: number | null, strings: GpuStrings, format: Format): string {
  const { adapter, browser, date, peaks, speeds } = report;
  const lines = [`Heed · ${adapter.name}`, [browser, date, ...adapter.features].filter(Boolean).join(', ')];
  if (adapter.software) lines.push(strings.pretends);
  const right = rightVerdict(report, strings, format);
  if (right) lines.push('', right);
  if (peaks) {
    lines.push('', strings.fastVerdict(format.whole(peaks.gflops), format.whole(peaks.gbps)));
    lines.push(strings.clocks[peaks.clock]);
  }
  for (const speed of speeds) {
    const noisy = spreadOf(speed) > NOISE;
    const share = speed.share === null ? '' : `, ${strings.ofPeak} ${format.percent(speed.share)}`;
    const rate = noisy ? strings.noise : `${format.whole(speed.rate)} ${speed.unit}${share}`;
    lines.push(`${strings.speeds[speed.name]} (${speed.size}): ${rate}`);
  }
  const fits = fitsVerdict(report, memory, strings, format);
  if (fits) lines.push('', fits);
  return lines.join('\n');
}

const [WIDTH, MARGIN, LINE, SIZE] = [960, 40, 26, 17];

/** The card as a PNG, in the colours of the page. */
export async function cardPicture(text: string): Promise<Blob> {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const canvas = new OffscreenCanvas(WIDTH, 10);
  const font = `${SIZE}px ${colour('--sans') || 'sans-serif'}`;
  const measure = canvas.getContext('2d')!;
  measure.font = font;
  const lines = text.split('\n').flatMap((line) => wrapped(line, measure));
  canvas.height = 2 * MARGIN + lines.length * LINE;
  const pen = canvas.getContext('2d')!;
  pen.fillStyle = colour('--paper');
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = colour('--ink');
  pen.textBaseline = 'middle';
  lines.forEach((line, i) => {
    pen.font = i === 0 ? `600 ${font}` : font;
    pen.fillText(line, MARGIN, MARGIN + (i + 0.5) * LINE);
  });
  return canvas.convertToBlob({ type: 'image/png' });
}

/** A line in as many as it needs: between words, and between characters where words are long or unspaced. */
function wrapped(line: string, pen: OffscreenCanvasRenderingContext2D): string[] {
  const most = WIDTH - 2 * MARGIN;
  const out = [''];
  for (const part of line.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) ?? []) {
    const longer = out.at(-1)! + part;
    if (out.at(-1) !== '' && pen.measureText(longer.trimEnd()).width > most) out.push(part);
    else out[out.length - 1] = longer;
  }
  return out;
}
