// Adds our cases to a copy of the peer harness. Run: node bench/peers/extend.mjs PEERS
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const [peers] = process.argv.slice(2);
if (!peers) {
  console.error(
    'extend: name the folder of the harness, a copy of your own: node bench/peers/extend.mjs PEERS',
  );
  process.exit(2);
}
const here = fileURLToPath(new URL('.', import.meta.url));
for (const folder of ['attention', 'seq2seq']) {
  cpSync(join(here, folder), join(peers, 'heed', folder), { recursive: true });
}
for (const [folder, name] of [
  ['attention', 'jax'],
  ['attention', 'tfjs'],
  ['seq2seq', 'jax'],
]) {
  cpSync(join(here, folder, `${name}.js`), join(peers, 'adapters', `${name}-${folder}.js`));
}

const MARK = '// extended: heed/';

/** @param {string} file @param {readonly (readonly [string, string])[]} changes */
function change(file, changes) {
  let text = readFileSync(join(peers, file), 'utf8');
  if (text.includes(MARK)) return;
  for (const [old, fresh] of changes) {
    if (!text.includes(old))
      throw new Error(`extend: ${file} has no "${old}". The harness has changed: change me too.`);
    text = text.replaceAll(old, fresh);
  }
  writeFileSync(join(peers, file), `${text}\n${MARK}\n`);
}
// Functions are hoisted over the circle of imports; the list of cases is filled by the reference, which comes last.
change('cases.js', [
  [
    "  throw new Error('unknown kind '",
    "  if (cs.kind === 'attention-options') return attentionInputs(cs);\n" +
      "  if (cs.kind.startsWith('seq2seq')) return seq2seqInputs(cs);\n  throw new Error('unknown kind '",
  ],
  [
    'export const SMALL',
    "import { attentionInputs } from './heed/attention/cases.js';\n" +
      "import { seq2seqInputs } from './heed/seq2seq/cases.js';\n\nexport const SMALL",
  ],
]);
change('reference.js', [
  [
    "  } else if (cs.kind === 'block') {",
    "  } else if (cs.kind === 'attention-options') {\n    return attentionExpected(cs, inp);\n" +
      "  } else if (cs.kind.startsWith('seq2seq')) {\n    return seq2seqExpected(cs);\n  } else if (cs.kind === 'block') {",
  ],
  [
    'export const GELU_C',
    "import { CASES } from './cases.js';\n" +
      "import { attentionCases, attentionExpected } from './heed/attention/cases.js';\n" +
      "import { seq2seqCases, seq2seqExpected } from './heed/seq2seq/cases.js';\n" +
      'CASES.push(...attentionCases, ...seq2seqCases);\nexport const GELU_C',
  ],
]);
change('run.mjs', [
  [
    "import { CASES } from './cases.js';",
    "import { CASES } from './cases.js';\nimport './reference.js'; // heed/attention",
  ],
]);
// A training's answer is a loss a step, a decoder's is ids.
change('bench.js', [
  ["cs.kind === 'train'", "cs.kind.endsWith('train')"],
  ["cs.kind !== 'train'", "!cs.kind.endsWith('train')"],
  ["cs.kind === 'generate'", '/generate|beam/.test(cs.kind)'],
]);
