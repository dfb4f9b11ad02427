/** Pieces of what was said, by the times that a Whisper wrote around them. */

/** A piece of a window's text. */
export interface WindowSegment {
  /** Seconds from the window's begin. */
  readonly start: number;
  /** Null where the text broke off before its end was told. */
  readonly end: number | null;
  /** Its ids, times among them. */
  readonly ids: readonly number[];
}

/** Seconds from one time to the next. */
export const TIME_STEP = 0.02;

/**
 * The segments of a window's ids, and the seconds from its begin on from which to go on: where the last whole segment ends, or at
 * the window's end where nothing was cut off by it (Radford et al. 2022, 3.8; Transformers' `_retrieve_segment`). `first`: the id of
 * 0.00 s; `seconds`: how much of the window is sound.
 */
export function segmentsOf(
  ids: readonly number[],
  first: number,
  seconds: number,
): {
  readonly segments: WindowSegment[];
  /** What is said behind the last whole segment: null for nothing. */
  readonly rest: WindowSegment | null;
  readonly moveOn: number;
} {
  const isTime = ids.map((id) => id >= first);
  const timeOf = (id: number): number => (id - first) * TIME_STEP;
  const cuts = ids.flatMap((_, i) => (i > 0 && isTime[i - 1] && isTime[i] ? [i] : []));
  if (cuts.length === 0) {
    const last = ids.findLast((id) => id >= first);
    const end = last !== undefined && last !== first ? timeOf(last) : null;
    return { segments: [{ start: 0, end, ids }], rest: null, moveOn: seconds };
  }
  // One time at the end says that nothing is said behind it.
  const whole = isTime.at(-1)! && !isTime.at(-2)!;
  if (whole) cuts.push(ids.length);
  const segments = cuts.map((end, i): WindowSegment => {
    const own = ids.slice(i === 0 ? 0 : cuts[i - 1], end);
    return { start: timeOf(own[0]), end: timeOf(own.at(-1)!), ids: own };
  });
  const left = ids.slice(cuts.at(-1));
  const rest = left.some((id) => id < first) ? { start: timeOf(left[0]), end: null, ids: left } : null;
  return { segments, rest, moveOn: whole ? seconds : timeOf(ids[cuts.at(-1)! - 1]) };
}
