/** Stands in signatures where sacreBLEU writes its own version. A test holds it against package.json. */
export const METRICS_VERSION = 'heed-0.1.0';

/** `nrefs:1|case:mixed|…|version:…`: what must be equal for two scores to be comparable, as sacreBLEU writes it. */
export function signature(parts: Readonly<Record<string, string | number>>): string {
  return Object.entries({ ...parts, version: METRICS_VERSION })
    .map(([key, value]) => `${key}:${value}`)
    .join('|');
}
