/** Where a model's files lie on the hub, or in a folder of some other server. Names are checked before they are asked for. */
import { DataError, isOutside, pathOf } from '../../engine/index';

export const HUB = 'https://huggingface.co';

export interface ModelAddress {
  /** `owner/name`, or the address of a folder. */
  readonly model: string;
  /** Where a person reads about it, and accepts its terms. */
  readonly page: string;
  /** Branch, tag or commit; null for a folder, which has none. */
  readonly revision: string | null;
  /** The address of a file, at a commit instead of `revision` if one is given. Throws `DataError` for names that lead out of it. */
  file(name: string, commit?: string | null): string;
}

/** One part of an id: letters, digits, `-`, `_` and `.`, which stands neither first nor last. */
const PART = /^\w(?:[\w.-]*\w)?$/;
const REVISION = /^\w(?:[\w.+/-]*[\w+-])?$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** Whether a revision names one state for ever. */
export const isCommit = (revision: string | null): revision is string =>
  revision !== null && COMMIT.test(revision);

/** Throws `DataError` for what is neither an id nor an address, and for revisions and endpoints of another form. */
export function addressOf(
  model: string | URL,
  { revision, endpoint = HUB }: { readonly revision?: string; readonly endpoint?: string },
): ModelAddress {
  if (model instanceof URL || /^https?:/i.test(model)) {
    if (revision !== undefined) {
      const todo = 'Leave it out, or give the id of a model on the hub.';
      throw new DataError('hub', `a folder on a server has no revision ${JSON.stringify(revision)}`, todo);
    }
    const folder = `${server('the address', String(model))}/`;
    return { model: folder, page: folder, revision: null, file: (name) => folder + checked(name) };
  }
  const parts = typeof model === 'string' ? model.split('/') : [];
  const good = parts.length <= 2 && parts.every((part) => PART.test(part) && !/--|\.\./.test(part));
  if (parts.length === 0 || !good || model.length > 96) {
    const todo =
      'Ids are "owner/name" or "name", of letters, digits, "-", "_" and ".", such as "openai-community/gpt2".';
    throw new DataError('hub', `the id is ${JSON.stringify(model)}`, todo);
  }
  const wanted = revision ?? 'main';
  if (
    typeof wanted !== 'string' ||
    !REVISION.test(wanted) ||
    /\.\.|\/\/|\/\.|\.lock$/.test(wanted) ||
    wanted.length > 255
  )
    throw new DataError('hub', `revision is ${JSON.stringify(wanted)}`, 'Give a branch, a tag or a commit.');
  const page = `${server('endpoint', endpoint)}/${model}`;
  const file = (name: string, commit?: string | null): string =>
    `${page}/resolve/${encodeURIComponent(commit ?? wanted)}/${checked(name)}`;
  return { model, page, revision: wanted, file };
}

function checked(name: string): string {
  if (!isOutside(name)) return pathOf(name);
  throw new DataError(
    'hub',
    `the file ${JSON.stringify(name)} lies outside of the model`,
    'Use another model.',
  );
}

/** An address to which paths are appended: without a slash at its end. */
function server(what: string, given: string): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new DataError('hub', `${what} is ${JSON.stringify(given)}`, `Give an address such as ${HUB}.`);
  }
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  if (web && !url.username && !url.password && !url.search && !url.hash) return url.href.replace(/\/+$/, '');
  const shown = `${url.protocol}//${url.host}${url.pathname}`; // a password is not repeated
  const todo = 'Give http(s), no name, password, query or fragment; a token goes into token.';
  throw new DataError('hub', `${what} ${shown} is of another form`, todo);
}

/**
 * The header that a token makes. Throws `DataError`, which does not repeat it, for one that no header can hold, and for one
 * that would travel unencrypted.
 */
export function authorization(token: string | undefined, page: string): Readonly<Record<string, string>> {
  if (token === undefined || token === '') return {};
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new DataError('hub', 'token holds white space or other characters', 'Copy it again.');
  const { protocol, hostname } = new URL(page);
  if (protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.*\.localhost)$/.test(hostname))
    throw new DataError('hub', `the token would go to ${hostname} unencrypted`, 'Use https.');
  return { Authorization: `Bearer ${token}` };
}
