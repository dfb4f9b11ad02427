/** Examples of a visitor's own, or those of the page, as files have them: what all tasks have in common. */
import { DataError, fnv1aOfText } from '../../../engine/index';
import { readTable, type Split, type Table } from '../../../models/finetune/index';
import type { ExampleSource } from './protocol';

/** Share that is held out. */
export const HELD = 0.2;

export interface ReadLesson<L, E> {
  readonly lesson: L;
  /** Null where something is to be asked first. */
  readonly split: Split<E> | null;
}

/** What messages call a source, and what is in it; `page`: of the page's own examples. */
export function contentOf(
  source: ExampleSource,
  page: { readonly name: string; readonly text: () => string },
): { readonly name: string; readonly content: File | string } {
  if (source.kind === 'page') return { name: page.name, content: page.text() };
  if (source.kind === 'file') return { name: source.file.name, content: source.file };
  return { name: source.kind, content: source.text };
}

export const fingerprintOf = (lines: readonly string[]): string => fnv1aOfText(lines.join('\n')).toString(16);

/** `header`: whether the first row has names; null: it has none where one of its cells stands below it again. */
export async function tableOf(
  content: File | string,
  name: string,
  header: boolean | null,
): Promise<{ readonly table: Table; readonly header: boolean }> {
  if (header !== null) return { table: await readTable(content, { name, header }), header };
  const named = await readTable(content, { name }).catch((error: unknown) => {
    if (error instanceof DataError) return error;
    throw error;
  });
  const isNamed =
    !(named instanceof DataError) &&
    named.columns.every((column) => !named.rows.some(({ cells }) => cells[column] === column));
  if (isNamed) return { table: named, header: true };
  const plain = await readTable(content, { name, header: false }).catch((error: unknown) => {
    throw named instanceof DataError ? named : error;
  });
  // All rows but the first have other cells: what is wrong with them is what the first reading told.
  if (named instanceof DataError && plain.rows.length < 2) throw named;
  return { table: plain, header: false };
}
