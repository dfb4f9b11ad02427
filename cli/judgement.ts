import type { Judgement } from '../models/finetune/index';

/** A judgement as people read it: metrics, classes, and who was taken for whom. */
export function judgementText({ metrics, classes, confusion }: Judgement): string {
  const width = Math.max(...Object.keys(metrics).map(({ length }) => length));
  const lines = Object.entries(metrics).map(([name, value]) => `${name.padEnd(width)}  ${value.toFixed(4)}`);
  if (classes) {
    const names = Object.keys(classes);
    const widest = Math.max(...names.map(({ length }) => length), 5);
    lines.push('', `${'class'.padEnd(widest)}  precision  recall      F1  examples`);
    for (const [name, { precision, recall, f1, support }] of Object.entries(classes)) {
      const [p, r, f] = [precision, recall, f1].map((x) => x.toFixed(4));
      lines.push(
        `${name.padEnd(widest)}  ${p.padStart(9)}  ${r.padStart(6)}  ${f.padStart(6)}  ${String(support).padStart(8)}`,
      );
    }
    // Of many tags a matrix is no help.
    if (confusion && names.length === confusion.length && names.length <= 12) {
      const cell = Math.max(...confusion.flat().map((n) => String(n).length), 4);
      const numbers = names.map((_, k) => String(k + 1).padStart(cell)).join(' ');
      lines.push('', `${'taken for'.padEnd(widest + 4)} ${numbers}`);
      confusion.forEach((row, k) => {
        const told = row.map((n) => String(n).padStart(cell)).join(' ');
        lines.push(`${String(k + 1).padStart(3)} ${names[k].padEnd(widest)} ${told}`);
      });
    }
  }
  return `${lines.join('\n')}\n`;
}
