// Tables of what GPUs' compilers made of our kernels: for people, and in a few numbers a kernel for later comparisons.

/** @typedef {import('./compile.mjs').Compiled} Compiled */
/** Numbers that are kept of a kernel. @typedef {{ kernel: string, cases: string } & Record<string, string | number | boolean>} Row */

const percent = (/** @type {number} */ x) => (Number.isFinite(x) ? `${Math.round(100 * x)} %` : '–');
const round = (/** @type {number} */ x) => (Number.isFinite(x) ? Number(x.toFixed(3)) : 0);

/** @param {Compiled} compiled @returns {Row} */
export function rowOf({ kernel, cases, groups, wave, statistics: s, model }) {
  const common = { kernel, cases, groups, wave };
  if (!model) {
    return {
      ...common,
      registers: s['Max live registers'],
      spills: s['Spill Count'],
      fills: s['Fill Count'],
      localBytes: s['Workgroup Memory Size'],
      instructions: s['Instruction Count'],
      cycles: s['Cycle Count'],
    };
  }
  return {
    ...common,
    registers: s['VGPRs'],
    spills: s['Spilled VGPRs'] + s['Scratch size'],
    localBytes: s['LDS size'],
    macs: model.hot.counts.macs,
    vector: model.hot.counts.vector,
    wavesResident: round(model.resident),
    wavesHere: round(model.waves),
    limit: model.limit,
    turnsKnown: model.known,
    bound: round(model.bound),
    full: round(model.full),
    here: round(model.here),
    alone: Math.round(model.alone),
  };
}

/** Columns of tables: heading, then a row's cell. @type {readonly (readonly [string, (row: Row) => string | number | boolean])[]} */
const COMMON = [
  ['case', (row) => row.cases],
  ['kernel', (row) => row.kernel],
  ['registers', (row) => row['registers']],
  ['spills', (row) => row['spills']],
];
const share = (/** @type {string} */ key) => (/** @type {Row} */ row) =>
  `${row['turnsKnown'] ? '' : '~'}${percent(Number(row[key]))}`;
/** @type {typeof COMMON} */
const AMD = [
  ...COMMON,
  ['waves', (row) => row['wavesResident']],
  ['macs / vector', (row) => `${row['macs']} / ${row['vector']}`],
  ['alone', (row) => `${row['turnsKnown'] ? '' : '~'}${row['alone']}`],
  ['bound', share('bound')],
  ['full', share('full')],
  ['here', share('here')],
  ['by', (row) => row['limit']],
];
/** @type {typeof COMMON} */
const INTEL = [
  ...COMMON,
  ['fills', (row) => row['fills']],
  ['SIMD', (row) => row['wave']],
  ['instructions', (row) => row['instructions']],
  ['cycles', (row) => row['cycles']],
];

/** @param {readonly Row[]} rows of one family @returns {string} a table in Markdown */
export function tableOf(rows) {
  const columns = 'bound' in rows[0] ? AMD : INTEL;
  const line = (/** @type {readonly unknown[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(([heading]) => heading)),
    `|${columns.map(() => '---|').join('')}`,
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join('\n');
}

/** @param {Compiled} compiled @returns {string} its loops, a line each */
export function loopsOf({ kernel, cases, model }) {
  const lines = (model?.loops ?? []).map(({ first, last, depth, counts: c, cycles }) =>
    [
      `  blocks ${first}-${last}, depth ${depth}: ${c.macs} macs, ${c.vector} vector, ${c.scalar} scalar,`,
      `${c.local} workgroup memory (${c.localBytes} B), ${c.global} memory (${c.globalBytes} B), ${c.barriers} barriers;`,
      `cycles: vector ${cycles.vector}, workgroup memory ${cycles.local}, memory ${cycles.global}`,
    ].join(' '),
  );
  return [`${cases}: ${kernel}`, ...lines].join('\n');
}
