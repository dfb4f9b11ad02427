import type { Language } from './language';
import { GROUPS, PAGES, PARTS, type GroupName } from './pages';

/** What the links of the navigation say, by the names that the markup has for them. */
export function navigationStrings(language: Language): Record<string, string> {
  const parts = Object.values(PARTS).flat();
  return Object.fromEntries([
    ...(Object.keys(GROUPS) as GroupName[]).map((group) => [`group ${group}`, GROUPS[group][language]]),
    ...[...PAGES, ...parts].map(({ path, name }) => [`name ${path}`, name[language]]),
    ...PAGES.map(({ path, heading }) => [`heading ${path}`, heading[language]]),
  ]) as Record<string, string>;
}
