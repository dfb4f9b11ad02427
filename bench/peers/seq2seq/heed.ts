/** The encoder-decoder cases of the peer harness: cases.js tells what they are, ../heed.ts lists them. */
import { pairs, type PairBatch } from '../../../engine/data';
import { AdamW, IGNORE_INDEX, ParameterStore, Trainer, type Device } from '../../../engine/index';
import { EncoderDecoder } from '../../../models/encoder_decoder';
import { SequenceGenerator } from '../../../models/generation/sequence_generator';
import { trainingInstance, type Instance } from '../instance';

interface Size {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly hidden: number;
  readonly vocabulary: number;
  readonly context: number;
}

interface Weights {
  /** By the model's names, in its layout. */
  readonly params: Readonly<Record<string, { readonly data: Float32Array }>>;
}

interface TrainCase {
  readonly cfg: Size;
  readonly B: number;
  readonly S: number;
  readonly T: number;
  readonly lr: number;
  readonly decay: number;
  readonly smoothing: number;
}

interface TrainInputs extends Weights {
  readonly source: Int32Array;
  readonly sourceLengths: Int32Array;
  readonly ids: Int32Array;
  /** -1 for padding. */
  readonly labels: Int32Array;
  readonly lengths: Int32Array;
}

interface BeamCase {
  readonly cfg: Size;
  readonly sentences: number;
  readonly beams: number;
  readonly S: number;
  readonly tokens: number;
}

interface BeamInputs extends Weights {
  readonly source: Int32Array;
  readonly sourceLengths: Int32Array;
}

const modelOf = ({ layers, ...size }: Size): EncoderDecoder =>
  new EncoderDecoder({ ...size, encoderLayers: layers, decoderLayers: layers, preNorm: true, dropout: 0 });

function fill(store: ParameterStore, { params }: Weights): void {
  for (const name of store.parameters.keys()) store.write(name, params[name].data);
}

export async function train(device: Device, c: TrainCase, inputs: TrainInputs): Promise<Instance> {
  const { B, S, T, smoothing } = c;
  const model = modelOf(c.cfg);
  const trainer = await Trainer.create({
    device,
    model,
    objective: pairs({ shapes: [{ B, S, T }], fingerprint: 'peers' }, { smoothing }),
    optimizer: new AdamW({ beta2: 0.999, weightDecay: c.decay, clip: Infinity }),
    schedule: { kind: 'constant', lr: c.lr },
    init: 'none',
  });
  fill(trainer.store, inputs);
  const batch: PairBatch = {
    shape: 0,
    pairs: Uint32Array.from({ length: B }, (_, b) => b),
    source: Uint32Array.from(inputs.source),
    sourceLengths: Uint32Array.from(inputs.sourceLengths),
    ids: Uint32Array.from(inputs.ids),
    targets: Uint32Array.from(inputs.labels, (id) => (id < 0 ? IGNORE_INDEX : id)),
    lengths: Uint32Array.from(inputs.lengths),
  };
  return trainingInstance(device, trainer, batch);
}

/** Candidates of each row are read back at every token, as always; the end is banned, so that all take all tokens. */
export function beam(device: Device, c: BeamCase, inputs: BeamInputs): Instance {
  const { sentences, beams, S, tokens } = c;
  const model = modelOf(c.cfg);
  const store = new ParameterStore(device, model, { init: 'none' });
  fill(store, inputs);
  const generator = new SequenceGenerator(device, model, { begin: 1, end: 2, sentences, beams });
  const sources = Array.from({ length: sentences }, (_, n) =>
    inputs.source.subarray(n * S, n * S + inputs.sourceLengths[n]),
  );
  let found: number[] = [];
  return {
    async run() {
      const best = await generator.generate(sources, { mode: 'beam', beams, tokens, banned: [2] });
      found = best.flatMap(([{ ids }]) => [...ids]);
    },
    sync: () => device.idle(),
    output: () => Promise.resolve(found),
    dispose() {
      generator[Symbol.dispose]();
      store[Symbol.dispose]();
    },
  };
}
