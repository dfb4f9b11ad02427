/**
 * Which errors of ours a call can end with, as far as the source says it: what its body makes with `new`, and what the
 * functions and constructors make that it calls by name. Calls of methods are not followed. For Node.
 */
import ts from 'typescript';

/** What an alias stands for. */
export const resolved = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

const none: ReadonlySet<string> = new Set();

export class Errors {
  readonly #checker: ts.TypeChecker;
  readonly #found = new Map<ts.Node, ReadonlySet<string>>();

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** Of a function, a method or a constructor. */
  of(node: ts.Node): ReadonlySet<string> {
    const known = this.#found.get(node);
    if (known) return known;
    this.#found.set(node, none); // where it calls itself, it adds nothing
    const errors = new Set<string>();
    const visit = (inner: ts.Node): void => {
      if ((ts.isNewExpression(inner) || ts.isCallExpression(inner)) && ts.isIdentifier(inner.expression)) {
        for (const error of this.#ofCallee(inner.expression)) errors.add(error);
      }
      ts.forEachChild(inner, visit);
    };
    ts.forEachChild(node, visit);
    this.#found.set(node, errors);
    return errors;
  }

  #ofCallee(name: ts.Identifier): Iterable<string> {
    const symbol = this.#checker.getSymbolAtLocation(name);
    const node = symbol && resolved(this.#checker, symbol).valueDeclaration;
    if (!node || node.getSourceFile().isDeclarationFile) return none;
    if (ts.isClassDeclaration(node)) {
      if (/\/engine\/errors\.ts$/.test(node.getSourceFile().fileName)) return [node.name!.text];
      return node.members
        .filter((m) => ts.isConstructorDeclaration(m) || ts.isPropertyDeclaration(m))
        .flatMap((m) => [...this.of(m)]);
    }
    if (ts.isFunctionDeclaration(node))
      return this.of(node.body ? node : implementation(this.#checker, node));
    return ts.isVariableDeclaration(node) ? this.of(node) : none;
  }
}

/** Of a function with overloads, the one that has a body. */
function implementation(checker: ts.TypeChecker, node: ts.FunctionDeclaration): ts.Node {
  const all = checker.getSymbolAtLocation(node.name!)!.declarations!;
  return all.find((one) => ts.isFunctionDeclaration(one) && one.body) ?? node;
}
