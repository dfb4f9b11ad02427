/** Maps of an attention that was computed in chunks of query rows. Loaded when somebody asks. */
import type { LookPart, LookRequest, RunInfo } from '../../graph/probe';
import { checkQuery } from '../attention/maps/maps';
import { AttentionMap, type AttentionEntropy } from '../attention/maps/attention_map';
import type { AttentionInfo, AttentionProbe, AttentionQuery, HeadChoice } from '../attention/maps/probe';

/** One of the attentions that make up another: its query rows are those from `row` on there, its keys those from `key` on. */
export interface ShownChunk {
  readonly row: number;
  readonly key: number;
  readonly probe: AttentionProbe;
}

type Sizes = Pick<AttentionInfo, 'batch' | 'heads' | 'T' | 'S'>;

/** A map whose rows come from the chunks that have them; throws ShapeError for what the attention does not have. */
export async function mapOfChunks(
  where: string,
  { batch: B, heads, T, S }: Sizes,
  chunks: readonly ShownChunk[],
  choice: HeadChoice,
  query: AttentionQuery,
): Promise<LookRequest<AttentionMap>> {
  const { rows } = checkQuery(where, { B, T, heads }, choice, query);
  const [from, to] = rows ?? [0, T];
  const asked = chunks.filter(({ row, probe }) => row < to && row + probe.T > from);
  const requests = await Promise.all(
    asked.map(({ row, probe }) => {
      const own = [Math.max(from, row) - row, Math.min(to - row, probe.T)] as const;
      return probe.map(where, choice, { ...query, rows: own });
    }),
  );
  return joined(requests, (maps, { run }) => {
    const all = maps[0].shape[0];
    const join = (of: (map: AttentionMap) => Float32Array): Float32Array => {
      const whole = new Float32Array(all * (to - from) * S);
      for (const [i, map] of maps.entries()) {
        const { row, key } = asked[i];
        for (let n = 0; n < all * (map.to - map.from); n++) {
          const [m, t] = [Math.floor(n / (map.to - map.from)), n % (map.to - map.from)];
          const at = (m * (to - from) + row + map.from + t - from) * S + key;
          whole.set(of(map).subarray(n * map.S, (n + 1) * map.S), at);
        }
      }
      return whole;
    };
    return new AttentionMap({
      ...{ heads: maps[0].heads, from, to, S, run, positions: null },
      probabilities: join((map) => map.probabilities),
      gradient: query.gradient ? join((map) => map.gradient!) : null,
    });
  });
}

export async function entropyOfChunks(
  { batch: B, heads, T }: Sizes,
  chunks: readonly ShownChunk[],
): Promise<LookRequest<AttentionEntropy>> {
  const requests = await Promise.all(chunks.map(({ probe }) => probe.entropy()));
  return joined(requests, (parts) => {
    const values = new Float32Array(B * heads * T);
    for (const [i, part] of parts.entries()) {
      const rows = part.shape[2];
      for (let head = 0; head < B * heads; head++) {
        values.set(part.values.subarray(head * rows, (head + 1) * rows), head * T + chunks[i].row);
      }
    }
    return { shape: [B, heads, T], values };
  });
}

/** One request that asks all of `requests`; what they read goes by its name and their number. */
function joined<R>(
  requests: readonly LookRequest<R>[],
  join: (answers: readonly R[], last: RunInfo) => R,
): LookRequest<R> {
  const [first, ...more] = requests.map(({ place, record }, i): LookPart => {
    const numbered: LookPart['record'] = (last) => {
      const { dispatches, outputs } = record(last);
      const named = Object.entries(outputs).map(([name, x]) => [`${i} ${name}`, x] as const);
      return { dispatches, outputs: Object.fromEntries(named) };
    };
    return { place, record: numbered };
  });
  return {
    ...first,
    more,
    answer: (read, last) => {
      const own = (i: number) =>
        Object.fromEntries(
          Object.entries(read)
            .filter(([name]) => name.startsWith(`${i} `))
            .map(([name, x]) => [name.slice(`${i} `.length), x]),
        );
      return join(
        requests.map(({ answer }, i) => answer(own(i), last)),
        last,
      );
    },
  };
}
