// What compilers of GPUs that are not there make of our kernels: registers, spills, and modelled shares of the peak.
// README.md says how. Run: npm run bench -- static [-- --family navi31,tgl --only CASES --loops --keep FOLDER]
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileFor } from './compile.mjs';
import { mesaVersion } from '../../tools/vulkan.mjs';
import { FAMILIES, openFamily } from './families.mjs';
import { loopsOf, rowOf, tableOf } from './report.mjs';

/** @typedef {import('./report.mjs').Row} Row */
/** @typedef {{ modelled: true, mesa: string, date: string, missing: Record<string, string>, families: Record<string, Row[]> }} StaticResult */

const results = fileURLToPath(new URL('../results/gpu-static', import.meta.url));

/** @returns {{ family: string, only: string, loops: boolean, keep?: string }} */
function read(/** @type {string[]} */ args) {
  const { values } = parseArgs({
    args,
    options: {
      family: { type: 'string', default: Object.keys(FAMILIES).join(',') },
      only: { type: 'string', default: '' },
      loops: { type: 'boolean', default: false },
      keep: { type: 'string' },
    },
  });
  return values;
}

/** One kernel a line, so that a change shows as one. @param {StaticResult} result */
function jsonOf({ families, ...head }) {
  const list = Object.entries(families).map(
    ([id, rows]) =>
      ` ${JSON.stringify(id)}: [\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n ]`,
  );
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "families": {\n${list.join(',\n')}\n }\n}\n`;
}

/** @param {StaticResult} result */
function markdownOf({ mesa, date, missing, families }) {
  const parts = Object.entries(families).map(
    ([id, rows]) => `## ${FAMILIES[id].name} (${id}), waves of ${rows[0]['wave']}\n\n${tableOf(rows)}`,
  );
  const absent = Object.entries(missing).map(([id, why]) => `${FAMILIES[id].name} is missing: ${why}`);
  return `${[
    '# What compilers of GPUs make of the kernels',
    'Written by `npm run bench -- static`. **Modelled, not measured**: no GPU ran anything. Mesa ' +
      `${mesa || '(version unknown)'}, ${date}. Columns: bench/gpu-static/README.md.`,
    ...absent,
    ...parts,
  ].join('\n\n')}\n`;
}

/** @param {string[]} args */
export function main(args) {
  const options = read(args);
  const ids = options.family.split(',');
  const unknown = ids.filter((id) => !(id in FAMILIES));
  if (unknown.length > 0) {
    throw new Error(
      `bench static: no family ${unknown.join(', ')}. There are: ${Object.keys(FAMILIES).join(', ')}.`,
    );
  }
  /** @type {StaticResult} */
  const result = {
    modelled: true,
    mesa: mesaVersion(),
    date: new Date().toISOString().slice(0, 10),
    missing: {},
    families: {},
  };
  for (const id of ids) {
    const opened = openFamily(id);
    if ('missing' in opened) {
      console.log(`${FAMILIES[id].name}: missing: ${opened.missing}`);
      result.missing[id] = opened.missing;
      continue;
    }
    const compiled = compileFor(id, opened.environment, options);
    const rows = compiled.map(rowOf);
    if (rows.length === 0) throw new Error(`bench static: no case matches ${options.only}.`);
    result.families[id] = rows;
    console.log(`\n${FAMILIES[id].name} (${id}), modelled\n\n${tableOf(rows)}`);
    if (options.loops) console.log(`\n${compiled.map(loopsOf).join('\n')}`);
  }
  if (Object.keys(result.families).length === 0) process.exitCode = 1;
  else if (options.only || ids.length < Object.keys(FAMILIES).length)
    console.log('bench static: a part of the cases or families; bench/results stays as it is.');
  else {
    writeFileSync(`${results}.json`, jsonOf(result));
    writeFileSync(`${results}.md`, markdownOf(result));
    console.log('-> bench/results/gpu-static.json, bench/results/gpu-static.md');
  }
}
