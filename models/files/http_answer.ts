/** What an answer says about the file that it brings. RFC 9110. */

export interface Tags {
  /** The hub's own tag of large files (X-Linked-ETag), which stays when the server behind it changes. */
  readonly linked: string | null;
  readonly etag: string | null;
  /** What If-Range takes: a strong ETag, or a date. */
  readonly validator: string | null;
}

export function tagsOf({ headers }: Response): Tags {
  const etag = headers.get('etag');
  const strong = etag !== null && !etag.startsWith('W/');
  return {
    linked: headers.get('x-linked-etag'),
    etag: etag ?? headers.get('last-modified'),
    validator: strong ? etag : headers.get('last-modified'),
  };
}

/** Whether two answers are of one version; null where nothing tells. */
export function sameVersion(one: Omit<Tags, 'validator'>, other: Omit<Tags, 'validator'>): boolean | null {
  if (one.linked !== null && other.linked !== null) return one.linked === other.linked;
  return one.etag !== null && other.etag !== null ? one.etag === other.etag : null;
}

/** Which bytes an answer with status 206 brings, and of how many; null where it does not say, or brings them coded. */
export function rangeOf({ headers }: Response): { start: number; total: number | null } | null {
  const coded = headers.get('content-encoding') ?? 'identity';
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(headers.get('content-range')?.trim() ?? '');
  if (!range || coded !== 'identity') return null;
  return { start: Number(range[1]), total: range[2] === '*' ? null : Number(range[2]) };
}

/**
 * Bytes of the file that an answer with status 200 brings: `exact` where they are told for sure, else null; `likely` is what
 * a bar may show. Content-Length counts what comes over the wire, and answers of other origins may hide that it is compressed.
 */
export function sizeOf(answer: Response): { exact: number | null; likely: number | null } {
  const told = (name: string): number | null => {
    const value = answer.headers.get(name)?.trim() ?? '';
    return /^\d+$/.test(value) ? Number(value) : null;
  };
  const linked = told('x-linked-size');
  if (linked !== null) return { exact: linked, likely: linked };
  const length = answer.headers.has('content-encoding') ? null : told('content-length');
  // No browser shows a date of another origin: who sees one sees all headers.
  const open = answer.type === 'basic' || answer.type === 'default' || answer.headers.has('date');
  return { exact: open ? length : null, likely: length };
}
