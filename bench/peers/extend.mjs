// Adds the attention cases to a copy of the peer harness. Run: node bench/peers/extend.mjs PEERS
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
cpSync(join(here, 'attention'), join(peers, 'heed/attention'), { recursive: true });
for (const name of ['jax', 'tfjs']) {
  cpSync(join(here, 'attention', `${name}.js`), join(peers, 'adapters', `${name}-attention.js`));
}

/** @param {string} file @param {readonly (readonly [string, string])[]} changes */
function change(file, changes) {
  let text = readFileSync(join(peers, file), 'utf8');
  if (text.includes('heed/attention')) return;
  for (const [old, fresh] of changes) {
    if (!text.includes(old))
      throw new Error(`extend: ${file} has no "${old}". The harness has changed: change me too.`);
    text = text.replace(old, fresh);
  }
  writeFileSync(join(peers, file), text);
}
// Functions are hoisted over the circle of imports; the list of cases is filled by the reference, which comes last.
change('cases.js', [
  [
    "  throw new Error('unknown kind '",
    "  if (cs.kind === 'attention-options') return attentionInputs(cs);\n  throw new Error('unknown kind '",
  ],
  [
    'export const SMALL',
    "import { attentionInputs } from './heed/attention/cases.js';\n\nexport const SMALL",
  ],
]);
change('reference.js', [
  [
    "  } else if (cs.kind === 'block') {",
    "  } else if (cs.kind === 'attention-options') {\n    return attentionExpected(cs, inp);\n  } else if (cs.kind === 'block') {",
  ],
  [
    'export const GELU_C',
    "import { CASES } from './cases.js';\nimport { attentionCases, attentionExpected } from './heed/attention/cases.js';\nCASES.push(...attentionCases);\nexport const GELU_C",
  ],
]);
change('run.mjs', [
  [
    "import { CASES } from './cases.js';",
    "import { CASES } from './cases.js';\nimport './reference.js'; // heed/attention",
  ],
]);
