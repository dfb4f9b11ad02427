/** Parity of heads with Transformers, from the fixtures of tests/fixtures/make_heads.py, and objectives with their losses. */
import { expect, it } from 'vitest';
import {
  classify,
  Graph,
  meanSquaredError,
  regress,
  slice,
  span,
  tag,
  TextBatches,
  type Device,
  type IdText,
  type Tensor,
} from '../../engine/index';
import type { AnyFamily } from '../../models/family/family';
import { load } from '../../models/family/load';
import type { FixtureName } from '../fixtures/load';
import { withDevice } from '../harness/device';
import { fixtureOf, type About } from './family_fixture';
import { parity, type FamilyFixture, type Inputs, type Losing } from './family_parity';
import { checkpointOf, folderOf } from './folders';
import { relativeError } from './parity';

type Shape = { readonly B: number; readonly T: number };
export interface HeadsAbout extends About {
  readonly shape: Shape;
  readonly lengths: readonly number[];
}

type Step = Inputs<Uint32Array | Float32Array>;
interface TextModel {
  forward(g: Graph, ids: Tensor, input?: { readonly lengths?: Tensor }): Tensor;
}
interface Ordering {
  loss(g: Graph, ids: Tensor, labels: Tensor, more: Inputs<Tensor>): Tensor;
}
const given = ({ lengths }: Inputs<Tensor>) => (lengths ? [{ lengths }] : []);

/** Ten steps by an objective: all rows of the fixture, in their order, in batches of one shape. */
const by =
  <R extends object>(
    { B, T }: Shape,
    padded: FamilyFixture['padded'],
    rowOf: (step: Step, b: number, length: number) => R,
    make: (batches: TextBatches<R & IdText>) => unknown,
  ): NonNullable<FamilyFixture['training']> =>
  (step) => {
    const rows = Array.from({ length: 10 * B }, (_, i): R & IdText => {
      const inputs = step(Math.floor(i / B));
      const b = i % B;
      // Texts are cut where the fixture does not pad them.
      const length = padded?.lengths[b] ?? T + 3;
      const ids = [...inputs.ids.subarray(b * T, b * T + Math.min(length, T))];
      while (ids.length < length) ids.push(7);
      return { ids, ...rowOf(inputs, b, length) };
    });
    const more = { shapes: [{ B, T }], shuffle: false, long: 'cut' } as const;
    const batches = new TextBatches(rows, { pad: padded?.id ?? 0, ...more });
    return { objective: make(batches) as never, at: (k) => batches.at(k) };
  };

/** How the model of a head is trained, by its name in the fixture. */
export function trainingOf(
  head: string,
  shape: Shape,
  padded?: FamilyFixture['padded'],
): Partial<FamilyFixture> {
  const { T } = shape;
  const trained = <R extends object>(
    rowOf: (step: Step, b: number, length: number) => R,
    make: (batches: TextBatches<R & IdText>) => unknown,
  ) => ({ padded, training: by(shape, padded, rowOf, make) });
  switch (head) {
    case 'sequence':
    case 'next':
      return trained(
        ({ labels }, b) => ({ label: labels[b] }),
        (batches) => classify(batches, { classes: head === 'next' ? 2 : 3 }),
      );
    case 'several':
      return trained(
        ({ labels }, b) => ({ label: [0, 1, 2, 3].filter((k) => labels[b * 4 + k] === 1) }),
        (batches) => classify(batches, { classes: 4, multiLabel: true }),
      );
    case 'regression':
      return trained(
        ({ labels }, b) => ({ score: labels[b] }),
        (batches) => regress(batches),
      );
    case 'token':
      return trained(
        ({ labels }, b, length) => ({
          tags: Array.from({ length }, (_, t) => (t < T ? labels[b * T + t] : 0)),
        }),
        (batches) => tag(batches, { classes: 5 }),
      );
    case 'question':
      return {
        inputs: ['ids', 'starts', 'ends'],
        loss: (model: Losing, g, inputs) =>
          model.loss(g, inputs.ids, inputs.starts, inputs.ends, ...given(inputs)),
        ...trained(
          ({ starts, ends }, b) => ({ start: Math.min(starts[b], T), end: Math.min(ends[b], T) }),
          (batches) => span(batches),
        ),
      };
    case 'order':
      return {
        ...{ padded, inputs: ['ids', 'labels', 'next'] },
        loss: (model: Ordering, g, { ids, labels, ...more }) => model.loss(g, ids, labels, more),
      };
    case 'model':
      return {
        padded,
        // Of the pooler's row, or of the first token's where there is none.
        loss: (model: TextModel, g, { labels, ...inputs }) => {
          const out = model.forward(g, inputs.ids, ...given(inputs));
          const first = out.shape.length === 3 ? g.view(slice(g, out, 1, 0, 1), labels.shape) : out;
          return meanSquaredError(g, first, labels);
        },
      };
    default:
      return { padded };
  }
}

/** A bias of keys moves all scores of a row alike. */
const KEYS = /(attention\.qkv|crossAttention\.kv)\.bias$/;

/** Where a unit is on for all choices, its bias moves all of them alike, until it is off for one. */
const RECTIFIED = { noisy: /(attention\.qkv|classifier\.dense)\.bias$/, steps: false };

/** Every model of a fixture, `families` being theirs by the fixture's names; all share a device. `more`: what is said of all besides. */
export function headParity(
  about: HeadsAbout,
  file: FixtureName,
  families: Readonly<Record<string, AnyFamily>>,
  more: Pick<FamilyFixture, 'hidden'> = {},
): void {
  let shared: Device;
  withDevice((opened) => (shared = opened), { empty: true });
  const device = (): Promise<Device> => Promise.resolve(shared);
  it('has a family of each name', () => {
    expect(Object.keys(families).sort()).toEqual(Object.keys(about.families).sort());
  });
  for (const name of Object.keys(about.families)) {
    const head = name.split('-').at(-1)!;
    const family = families[name];
    const { config, ...found } = fixtureOf(about, name, file);
    const padded = {
      lengths: about.lengths.flatMap((n) => (head === 'choice' ? [n, n] : [n])),
      id: (config.pad_token_id ?? (/roberta|mpnet/.test(name) ? 1 : 0)) as number,
    };
    const fixture = {
      ...{ ...found, config, device, noisy: KEYS },
      ...trainingOf(head, about.shape, padded),
      ...(name === 'distilbert-choice' && RECTIFIED),
      ...more,
    };
    parity(family, fixture);

    it(`${family.architectures[0]} with padding equals PyTorch`, async () => {
      const tensors = await fixture.tensors();
      const files = { 'config.json': config, 'model.safetensors': checkpointOf(await fixture.weights()) };
      using loaded = await load(folderOf(files), { device: shared, families: [family] });
      const g = new Graph(shared);
      const [, ...shape] = tensors.get('ids')!.shape;
      const T = shape.at(-1)!;
      const lengths = Uint32Array.from(padded.lengths);
      const model = loaded.model as TextModel;
      const logits = model.forward(g, g.input('ids', shape, 'u32'), {
        lengths: g.input('lengths', [lengths.length], 'u32'),
      });
      using plan = await g.compile({ logits });
      const ids = Uint32Array.from(tensors.get('ids')!.data.slice(0, T * lengths.length), (id, i) =>
        i % T < lengths[Math.floor(i / T)] ? id : padded.id,
      );
      plan.run({ ids, lengths });
      const [got, want] = [await plan.read('logits'), tensors.get('padded.logits')!];
      // Rows of padding are nobody's, but places of an answer count.
      const rows = head !== 'question' && want.shape.length === 3 && want.shape[1] === T;
      const size = want.data.length / about.lengths.length;
      for (const [b, length] of about.lengths.entries()) {
        const end = b * size + (rows ? (size / T) * length : size);
        const error = relativeError(got.slice(b * size, end), want.data.slice(b * size, end));
        expect(error, `text ${b}`).toBeLessThan(5e-6);
      }
    });
  }
}
