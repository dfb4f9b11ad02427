/**
 * Declarations of `const` and `alias` that begin a line of WGSL, and where their right-hand sides are: what a variant
 * may replace. The build-time reflection and the shipped engine both find them by this.
 */
export function findConstants(
  code: string,
): { readonly name: string; readonly start: number; readonly end: number }[] {
  const declaration = /^(?:const|alias)\s+(\w+)\s*(?::\s*[^=;]+)?=\s*([^;]+);/gm;
  return [...code.matchAll(declaration)].map((match) => {
    const end = match.index + match[0].length - 1;
    return { name: match[1], start: end - match[2].length, end };
  });
}
