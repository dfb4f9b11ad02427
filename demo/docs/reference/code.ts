/** Code of the source as the reference shows it: without bodies, each name that is exported a link. For Node. */
import ts from 'typescript';
import { resolved } from './errors.ts';
import type { Place, Source } from './source.ts';

/** A stretch of code, and what it leads to, if anything. */
export interface Piece {
  readonly text: string;
  readonly to?: Place;
}
export type Code = readonly Piece[];

export const textOf = (code: Code): string => code.map(({ text }) => text).join('');
const plain = (text: string): Code => [{ text }];

/** Takes away what the first line of a node is indented by, except in that line, which begins at the node. */
function dedented(node: ts.Node): (text: string) => string {
  const file = node.getSourceFile();
  const start = node.getStart();
  const line = file.getLineStarts()[file.getLineAndCharacterOfPosition(start).line];
  const indent = /^ */.exec(file.text.slice(line, start))![0];
  return (text) => text.replaceAll(`\n${indent}`, '\n');
}

/** An interface or another name of a type, in our own source. */
const isOurType = ({ declarations }: ts.Symbol): boolean =>
  !!declarations?.some(
    (node) =>
      (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) &&
      !node.getSourceFile().isDeclarationFile,
  );

/** A node as it stands in the source. */
export function codeOf(source: Source, node: ts.Node): Code {
  const { text } = node.getSourceFile();
  const tidy = dedented(node);
  const pieces: Piece[] = [];
  let at = node.getStart();
  const upTo = (end: number): void => {
    if (end > at) pieces.push({ text: tidy(text.slice(at, end)) });
    at = end;
  };
  const visit = (inner: ts.Node): void => {
    if (ts.isIdentifier(inner)) {
      const symbol = source.checker.getSymbolAtLocation(inner);
      if (!symbol) return;
      const named = resolved(source.checker, symbol);
      const to = source.placeOf(named);
      if (!to && isOurType(named)) source.unexported.add(named);
      if (!to) return;
      upTo(inner.getStart());
      pieces.push({ text: inner.text, to });
      at = inner.getEnd();
    } else ts.forEachChild(inner, visit);
  };
  visit(node);
  upTo(node.getEnd());
  return pieces;
}

/** Nothing is cut short, and names of types stay. */
const FLAGS = (ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope) as ts.TypeFormatFlags;

/** The type that the compiler finds where the source does not say it. */
export function inferred(source: Source, type: ts.Type, at: ts.Node): Code {
  const text = source.checker.typeToString(type, at, FLAGS);
  return text.split(/\b([A-Za-z]\w*)\b/).map((word) => {
    const symbol = source.checker.resolveName(word, at, ts.SymbolFlags.Type, false);
    const to = symbol && source.placeOf(resolved(source.checker, symbol));
    return { text: word, ...(to && { to }) };
  });
}

/** A parameter of a function, as one gives it. */
export interface Argument {
  readonly name: string;
  readonly type: Code;
  readonly optional: boolean;
  /** What it is where it is left out, as the source says it. */
  readonly initial: string | null;
}

export function argumentsOf(source: Source, node: ts.SignatureDeclaration): Argument[] {
  const all = node.parameters.filter(({ name }) => name.getText() !== 'this');
  return all.map((parameter) => {
    const { name, type, initializer, questionToken, dotDotDotToken } = parameter;
    return {
      name: `${dotDotDotToken ? '…' : ''}${ts.isIdentifier(name) ? name.text : 'options'}`,
      type: type
        ? codeOf(source, type)
        : inferred(source, source.checker.getTypeAtLocation(parameter), parameter),
      optional: !!questionToken || !!initializer,
      initial: initializer ? initializer.getText() : null,
    };
  });
}

/** How a function is called: `name<T>(a: A, b?: B): C`, on one line where that is short. */
export function signature(source: Source, name: string, node: ts.SignatureDeclaration): Code {
  const types = node.typeParameters?.flatMap((one, i) => [...plain(i ? ', ' : ''), ...codeOf(source, one)]);
  const args = argumentsOf(source, node).map(({ name: each, type, optional, initial }): Code => {
    const value = initial !== null && initial !== '{}' ? ` = ${initial}` : '';
    return [...plain(`${each}${optional && !value ? '?' : ''}: `), ...type, ...plain(value)];
  });
  const result = returned(source, node);
  const whole = (before: string, between: string, after: string): Code => [
    ...plain(name),
    ...(types ? [...plain('<'), ...types, ...plain('>')] : []),
    ...plain(`(${before}`),
    ...args.flatMap((arg, i) => [...plain(i ? between : ''), ...arg]),
    ...plain(`${after})`),
    ...(result.length ? [...plain(': '), ...result] : []),
  ];
  const short = whole('', ', ', '');
  const text = textOf(short);
  return args.length > 0 && (text.length > 96 || text.includes('\n')) ? whole('\n  ', ',\n  ', ',\n') : short;
}

function returned(source: Source, node: ts.SignatureDeclaration): Code {
  if (ts.isConstructorDeclaration(node)) return [];
  if (node.type) return codeOf(source, node.type);
  const found = source.checker.getSignatureFromDeclaration(node)!;
  return inferred(source, source.checker.getReturnTypeOfSignature(found), node);
}
