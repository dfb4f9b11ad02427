/** What parts of parameters' names were in files of earlier versions, and what they are now. */
export type FormerNames = readonly (readonly [former: RegExp, now: string])[];

/**
 * A file that a module was saved in, by the names that its parameters have today. Classes whose fields were renamed tell
 * by a static `formerNames`; other modules' files are as they are.
 */
export function inTodaysNames<S extends { names(): readonly string[] }>(source: S, module: object): S {
  const { formerNames } = module.constructor as { readonly formerNames?: FormerNames };
  if (!formerNames) return source;
  const today = (name: string): string =>
    formerNames.reduce((text, [former, now]) => text.replace(former, now), name);
  const there = new Map(source.names().map((name) => [today(name), name]));
  return new Proxy(source, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key === 'names') return () => [...there.keys()];
      if (typeof value !== 'function') return value;
      return (name: string, ...rest: unknown[]): unknown =>
        value.call(target, there.get(name) ?? name, ...rest) as unknown;
    },
  });
}
