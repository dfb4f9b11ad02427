/** What a docstring says, and which errors it, or the code itself, names. For Node. */
import ts from 'typescript';
import type { Source } from './source.ts';

export interface Doc {
  /** Markdown; '' where there is none. */
  readonly text: string;
  /** What follows each `@throws`. */
  readonly throws: readonly string[];
  /** Names of errors that calls can end with, see `Errors`. */
  readonly errors: readonly string[];
}

export const NO_DOC: Doc = { text: '', throws: [], errors: [] };

/** A symbol's own docstring, or that of what it implements. */
export function docOf({ checker, errors }: Source, symbol: ts.Symbol): Doc {
  const calls = symbol.declarations!.filter(
    (node) => ts.isFunctionLike(node) || ts.isVariableDeclaration(node),
  );
  const tags = symbol.getJsDocTags(checker).filter(({ name }) => name === 'throws');
  return {
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(),
    throws: tags.map(({ text }) => ts.displayPartsToString(text).trim()),
    errors: [...new Set(calls.flatMap((node) => [...errors.of(node)]))],
  };
}

/** Of a constructor, which is no symbol of its own. */
export function docOfConstructor({ errors }: Source, node: ts.ConstructorDeclaration): Doc {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const words = (text: ts.JSDoc['comment']): string => ts.getTextOfJSDocComment(text)?.trim() ?? '';
  const tags = comment?.tags?.filter(({ tagName }) => tagName.text === 'throws') ?? [];
  return {
    text: words(comment?.comment),
    throws: tags.map((tag) => words(tag.comment)),
    errors: [...errors.of(node)],
  };
}
