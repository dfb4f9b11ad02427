const literal = (text: string): string => text.replace(/[.+?^$()|[\]\\]/g, '\\$&');

/**
 * What fits a pattern of dotted names, all of it: a star is a number, and braces are one of several words, as in
 * 'layers.*.{up,down}'. Each of them is a group.
 */
export const namePattern = (pattern: string): RegExp =>
  new RegExp(
    `^${literal(pattern)
      .replace(/\*/g, '(\\d+)')
      .replace(/\{([^}]*)\}/g, (_, words: string) => `(${words.replaceAll(',', '|')})`)}$`,
  );
