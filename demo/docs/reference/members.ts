/** What classes and interfaces have. For Node. */
import ts from 'typescript';
import { codeOf, inferred, signature, type Code } from './code.ts';
import { docOf, docOfConstructor, NO_DOC, type Doc } from './docstring.ts';
import { resolved } from './errors.ts';
import { type Place, type Source } from './source.ts';

export interface Member {
  readonly name: string;
  readonly kind: 'constructor' | 'static' | 'property' | 'method';
  readonly code: readonly Code[];
  readonly doc: Doc;
}

/** Names of members that an exported class or interface gives. */
export interface Inherited {
  readonly from: Place;
  readonly names: readonly string[];
}

const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
const isSeen = (node: ts.Declaration): boolean =>
  !(ts.getCombinedModifierFlags(node) & HIDDEN) &&
  !(ts.getNameOfDeclaration(node)?.kind === ts.SyntaxKind.PrivateIdentifier);

/** A member's name as one writes it. */
const nameOf = (node: ts.Declaration): string => ts.getNameOfDeclaration(node)?.getText() ?? '';

function propertyCode(source: Source, node: ts.Declaration, symbol: ts.Symbol): Code {
  const typed = node as ts.PropertySignature | ts.PropertyDeclaration | ts.ParameterDeclaration;
  const optional = 'questionToken' in typed && typed.questionToken ? '?' : '';
  const type =
    'type' in typed && typed.type
      ? codeOf(source, typed.type)
      : inferred(source, source.checker.getTypeOfSymbol(symbol), node);
  return [{ text: `${nameOf(node)}${optional}: ` }, ...type];
}

function memberOf(source: Source, symbol: ts.Symbol, isStatic: boolean): Member | null {
  const nodes = (symbol.declarations ?? []).filter(isSeen);
  if (nodes.length === 0) return null;
  const prefix = isStatic ? 'static ' : '';
  const methods = nodes.filter((n) => ts.isMethodDeclaration(n) || ts.isMethodSignature(n));
  const overloads = methods.filter((node) => !(node as ts.MethodDeclaration).body);
  const calls = overloads.length ? overloads : methods;
  const code = calls.length
    ? calls.map((call) => [{ text: prefix }, ...signature(source, nameOf(call), call)])
    : [[{ text: prefix }, ...propertyCode(source, nodes[0], symbol)]];
  const kind = isStatic ? 'static' : calls.length ? 'method' : 'property';
  return { name: nameOf(nodes[0]), kind, code, doc: docOf(source, symbol) };
}

/** The constructor that `new` calls, the parent's where a class has none; null where nobody may call it. */
function constructorOf(source: Source, symbol: ts.Symbol): Member | null {
  const node = symbol.declarations!.find(ts.isClassDeclaration);
  if (!node || node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword)) return null;
  for (let type = node; ;) {
    const all = type.members.filter(ts.isConstructorDeclaration);
    const calls = all.some(({ body }) => !body) ? all.filter(({ body }) => !body) : all;
    if (calls.length > 0) {
      if (!isSeen(calls[0])) return null;
      const code = calls.map((call) => signature(source, `new ${symbol.name}`, call));
      const doc = docOfConstructor(source, all.find(({ body }) => body) ?? all[0]);
      return { name: 'constructor', kind: 'constructor', code, doc };
    }
    const parent = type.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
      ?.types[0];
    const found = parent && source.checker.getSymbolAtLocation(parent.expression);
    const next = found && resolved(source.checker, found).declarations?.find(ts.isClassDeclaration);
    if (!next) {
      const code = [[{ text: `new ${symbol.name}()` }]];
      return { name: 'constructor', kind: 'constructor', code, doc: NO_DOC };
    }
    type = next;
  }
}

/** What an interface is that can itself be called. */
function callOf(source: Source, symbol: ts.Symbol): Member | null {
  const interfaces = symbol.declarations!.filter(ts.isInterfaceDeclaration);
  const calls = interfaces.flatMap(({ members }) => members.filter(ts.isCallSignatureDeclaration));
  if (calls.length === 0) return null;
  return {
    name: 'call',
    kind: 'method',
    code: calls.map((call) => signature(source, '', call)),
    doc: NO_DOC,
  };
}

/** In the order of the source: constructor, static members, then the instance's. */
export function membersOf(
  source: Source,
  symbol: ts.Symbol,
): { readonly members: Member[]; readonly inherited: Inherited[] } {
  const { checker } = source;
  const isClass = symbol.declarations!.some(ts.isClassDeclaration);
  const members: (Member | null)[] = [callOf(source, symbol)];
  if (isClass) {
    members.push(constructorOf(source, symbol));
    for (const each of symbol.exports?.values() ?? []) {
      if (each.name !== 'prototype') members.push(memberOf(source, each, true));
    }
  }
  const inherited = new Map<ts.Symbol, { from: Place; names: string[] }>();
  for (const each of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))) {
    const node = each.declarations?.[0];
    if (!node || node.getSourceFile().isDeclarationFile) continue;
    const owner = ownerOf(checker, node);
    const from = owner && owner !== symbol ? source.placeOf(owner) : undefined;
    const member = memberOf(source, each, false);
    if (!from || !owner) members.push(member);
    else if (member) {
      if (!inherited.has(owner)) inherited.set(owner, { from, names: [] });
      inherited.get(owner)!.names.push(member.name);
    }
  }
  return { members: members.filter((member) => member !== null), inherited: [...inherited.values()] };
}

/** The class or interface in which a member is written. */
function ownerOf(checker: ts.TypeChecker, node: ts.Node): ts.Symbol | undefined {
  const owner = ts.findAncestor(node, (n) => ts.isClassDeclaration(n) || ts.isInterfaceDeclaration(n));
  return owner?.name && checker.getSymbolAtLocation(owner.name);
}
