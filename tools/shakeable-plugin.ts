/**
 * Makes the built library shakeable by every bundler: what a module computes when it is loaded (kernels, tables, classes
 * with computed keys) is marked as free of side effects, so that an app gets only what it uses. Nothing may run at the
 * top of a module but that; the symbols of `using`, which older browsers lack, are a module that each chunk imports.
 */
import { posix } from 'node:path';
import { parseSync, type Plugin } from 'vite';

/** The chunk of engine/disposal.ts: the one part of the library that is imported for what it does. */
const DISPOSAL = 'engine/disposal.js';

const PURE = '/* @__PURE__ */ ';

type Program = ReturnType<typeof parseSync>['program'];
type Statement = Program['body'][number];
type Expression = NonNullable<Extract<Statement, { type: 'VariableDeclaration' }>['declarations'][0]['init']>;
type Class = Extract<Statement, { body: { type: 'ClassBody' } }>;

export function shakeable(): Plugin {
  return {
    name: 'heed-shakeable',
    generateBundle: {
      order: 'post', // after whatever else changes the code
      handler(_, bundle) {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== 'chunk' || chunk.fileName === DISPOSAL) continue;
          // Chunks that are imported for their bindings need not be named where none is taken.
          const marked = markPure(chunk.code, chunk.fileName).replace(/^import "\.[^"]*";$/gm, '');
          const early = /\bSymbol\.(dispose|asyncDispose)\b/.test(marked);
          const path = posix.relative(posix.dirname(chunk.fileName), DISPOSAL);
          chunk.code = early ? `import "${path.startsWith('.') ? path : `./${path}`}";\n${marked}` : marked;
        }
      },
    },
  };
}

/** Marks what is computed at the top of a module. Throws where something else is done there. */
export function markPure(code: string, file: string): string {
  const insertions: [at: number, text: string][] = [];
  for (const statement of parseSync(file, code).program.body) {
    switch (statement.type) {
      case 'ImportDeclaration':
      case 'FunctionDeclaration':
        break;
      case 'ExportNamedDeclaration':
        if (statement.declaration) throw unexpected(statement, code, file);
        break;
      case 'ClassDeclaration':
        if (isPlainClass(statement, code)) break;
        insertions.push([statement.start, `const ${statement.id!.name} = ${PURE}(() => { `]);
        insertions.push([statement.end, ` return ${statement.id!.name}; })();`]);
        break;
      case 'VariableDeclaration':
        for (const { init } of statement.declarations) {
          if (!init || isPlain(init, code)) continue;
          insertions.push([init.start, `${PURE}(() => (`], [init.end, '))()']);
        }
        break;
      default:
        throw unexpected(statement, code, file);
    }
  }
  let marked = '';
  let from = 0;
  for (const [at, text] of insertions.sort(([a], [b]) => a - b)) {
    marked += code.slice(from, at) + text;
    from = at;
  }
  return marked + code.slice(from);
}

function unexpected(statement: Statement, code: string, file: string): Error {
  const text = code.slice(statement.start, statement.start + 80).split('\n')[0];
  return new Error(`${file}: "${text}" runs whenever the library is imported. Move it into a function.`);
}

/** Whether every bundler knows that evaluating it does nothing else. */
function isPlain(node: Expression, code: string): boolean {
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true;
    case 'TemplateLiteral':
      return node.expressions.length === 0;
    case 'UnaryExpression':
      return node.argument.type === 'Literal';
    case 'BinaryExpression':
      return node.left.type === 'Literal' && node.right.type === 'Literal';
    case 'ArrayExpression':
      return node.elements.every((e) => e !== null && e.type !== 'SpreadElement' && isPlain(e, code));
    case 'ObjectExpression':
      return node.properties.every((p) => p.type === 'Property' && !p.computed && isPlain(p.value, code));
    case 'CallExpression':
    case 'NewExpression':
      return (
        code.slice(0, node.start).trimEnd().endsWith(PURE.trimEnd()) &&
        node.arguments.every((a) => a.type !== 'SpreadElement' && isPlain(a, code))
      );
    default:
      return false;
  }
}

function isPlainClass({ superClass, body }: Class, code: string): boolean {
  if (superClass && superClass.type !== 'Identifier') return false;
  return body.body.every(
    (member) =>
      (member.type === 'MethodDefinition' && !member.computed) ||
      (member.type === 'PropertyDefinition' &&
        !member.computed &&
        !(member.static && member.value && !isPlain(member.value, code))),
  );
}
