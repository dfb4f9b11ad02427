/**
 * Safari and older browsers lack the symbols that `using` looks for. Classes take them as keys when they are defined, so
 * this module comes before each of them; it keeps the registered symbols, which helpers of compilers fall back to.
 */
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
}

export {}; // a module, imported for what it does
