/** Every exported name with what the source says of it. For Node. */
import ts from 'typescript';
import { argumentsOf, codeOf, inferred, signature, type Argument, type Code } from './code.ts';
import { docOf, type Doc } from './docstring.ts';
import { membersOf, type Inherited, type Member } from './members.ts';
import { resolved } from './errors.ts';
import { pathOf, readSource, type Exported, type Place, type Source } from './source.ts';

export interface Item extends Place {
  readonly kind: 'function' | 'class' | 'interface' | 'type' | 'constant';
  /** Of the source, from the root of the repository. */
  readonly file: string;
  /** How it is written; a function may have several. */
  readonly code: readonly Code[];
  readonly doc: Doc;
  readonly arguments: readonly Argument[];
  readonly members: readonly Member[];
  /** What it has from classes and interfaces that are described elsewhere. */
  readonly inherited: readonly Inherited[];
  /** Types that the above names, and that no entry exports. */
  readonly unexported: readonly Code[];
  /** The place that describes it, where that is another. */
  readonly described: Place | null;
}

/** The function that a constant is, if it is written as one: `const f = (x: number) => …`. */
function functionOf({ type, initializer }: ts.VariableDeclaration): ts.SignatureDeclaration | undefined {
  if (type || !initializer) return undefined;
  return ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer) ? initializer : undefined;
}

/** The ways to call something: its overloads, where it has them, and not what implements them. */
function callsOf(symbol: ts.Symbol): ts.SignatureDeclaration[] {
  const all = symbol.declarations!.flatMap((node) =>
    ts.isFunctionDeclaration(node) ? [node] : ts.isVariableDeclaration(node) ? (functionOf(node) ?? []) : [],
  );
  const overloads = all.filter((node) => ts.isFunctionDeclaration(node) && !node.body);
  return overloads.length ? overloads : all;
}

const DECLARED: readonly [kind: Item['kind'], is: (node: ts.Node) => boolean][] = [
  ['class', ts.isClassDeclaration],
  ['interface', ts.isInterfaceDeclaration],
  ['type', ts.isTypeAliasDeclaration],
  ['function', ts.isFunctionDeclaration],
  ['constant', ts.isVariableDeclaration],
];

/** What introduces a class or an interface: `class A<T> extends B implements C`. */
function heading(source: Source, node: ts.ClassDeclaration | ts.InterfaceDeclaration, name: string): Code {
  const list = (nodes: readonly ts.Node[]): Code =>
    nodes.flatMap((one, i) => [{ text: i ? ', ' : '' }, ...codeOf(source, one)]);
  const types = node.typeParameters ? [{ text: '<' }, ...list(node.typeParameters), { text: '>' }] : [];
  // What an ancestor that is not exported gives stands among the members.
  const isExported = ({ expression }: ts.ExpressionWithTypeArguments): boolean => {
    const symbol = source.checker.getSymbolAtLocation(expression);
    const named = symbol && resolved(source.checker, symbol);
    return !named || !!source.placeOf(named) || !!named.declarations?.[0].getSourceFile().isDeclarationFile;
  };
  const ancestors = (node.heritageClauses ?? []).flatMap(({ token, types: all }) => {
    const shown = all.filter(isExported);
    const word = token === ts.SyntaxKind.ExtendsKeyword ? 'extends' : 'implements';
    return shown.length > 0 ? [{ text: ` ${word} ` }, ...list(shown)] : [];
  });
  const abstract = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword);
  const word = `${abstract ? 'abstract ' : ''}${ts.isClassDeclaration(node) ? 'class' : 'interface'}`;
  return [{ text: `${word} ${name}` }, ...types, ...ancestors];
}

/** The types that were collected, as they are written; those that they name in turn are the engine's own affair. */
const unexportedOf = (source: Source): Code[] =>
  [...source.unexported].map(({ declarations }) => {
    const node = declarations!.find((n) => ts.isInterfaceDeclaration(n) || ts.isTypeAliasDeclaration(n))!;
    const [first, ...rest] = codeOf(source, node);
    return [{ ...first, text: first.text.replace(/^export /, '') }, ...rest];
  });

function itemOf(source: Source, exported: Exported): Item {
  source.unexported.clear();
  const item = described(source, exported);
  return { ...item, unexported: unexportedOf(source) };
}

function described(source: Source, { page, name, symbol, described }: Exported): Omit<Item, 'unexported'> {
  const { checker } = source;
  const [kind, is] = DECLARED.find(([, test]) => symbol.declarations!.some(test)) ?? [];
  if (!kind || !is) throw new Error(`${name}: the reference knows no such declaration`);
  const node = symbol.declarations!.find(is)!;
  const calls = callsOf(symbol);
  const common = { page, name, described, file: pathOf(node.getSourceFile()), doc: docOf(source, symbol) };
  const none = { arguments: [], members: [], inherited: [] };
  if (described) return { ...common, ...none, kind, code: [] };
  if (calls.length > 0) {
    const code = calls.map((call) => signature(source, name, call));
    return { ...common, ...none, kind: 'function', code, arguments: argumentsOf(source, calls.at(-1)!) };
  }
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    return { ...common, ...none, ...membersOf(source, symbol), kind, code: [heading(source, node, name)] };
  }
  if (ts.isTypeAliasDeclaration(node)) {
    const types = node.typeParameters?.flatMap((one, i) => [{ text: i ? ', ' : '' }, ...codeOf(source, one)]);
    const head = [
      { text: `type ${name}` },
      ...(types ? [{ text: '<' }, ...types, { text: '>' }] : []),
      { text: ' = ' },
    ];
    if (ts.isTypeLiteralNode(node.type)) {
      return { ...common, ...none, ...membersOf(source, symbol), kind, code: [[...head, { text: '{ … }' }]] };
    }
    return { ...common, ...none, kind, code: [[...head, ...codeOf(source, node.type)]] };
  }
  const variable = node as ts.VariableDeclaration;
  const type = variable.type
    ? codeOf(source, variable.type)
    : inferred(source, checker.getTypeAtLocation(variable), variable);
  return { ...common, ...none, kind, code: [[{ text: `const ${name}: ` }, ...type]] };
}

/** Reads the whole; takes seconds. */
export function readReference(): readonly Item[] {
  const source = readSource();
  return source.exported.map((each) => itemOf(source, each));
}
