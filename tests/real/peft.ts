// One side of peft.py: adapters that Heed made beside the tiny models of tests/fixtures/make_peft.py, as PEFT's folders.
// Run: npm run node -- tests/real/peft.ts FOLDER
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adalora, bitfit, copy, dora, ia3 } from '../../engine/adapters';
import { adapt, Device, Graph, lora, prefix, prompt, type AdapterKind } from '../../engine/index';
import { savePeft } from '../../models/adapters/index';
import { inputsOf, openBase, type Base } from '../models/peft_cases';

const QKV = 'stack.layers.*.attention.qkv';
const HEAD = { 'classifier.output.{weight,bias}': copy() };
const CASES: Record<string, readonly [Base, string, (model: object) => Record<string, AdapterKind>]> = {
  'gpt2-columns': [
    ...(['gpt-small', 'causal'] as const),
    () => ({ [`${QKV}.{query,value}`]: lora({ rank: 2, alpha: 6 }), [`${QKV}.key`]: lora({ rank: 1 }) }),
  ],
  'llama-fused': [
    ...(['gpt-modern', 'causal'] as const),
    () => ({
      [QKV]: lora({ rank: 2, alpha: 3 }),
      'stack.layers.1.feedForward.down': lora({ rank: 3 }),
      'head.weight': copy(),
    }),
  ],
  'bloom-columns': [
    ...(['decoders/bloom', 'causal'] as const),
    () => ({ [`${QKV}.value`]: lora({ rank: 2 }) }),
  ],
  'bert-biases': [
    ...(['bert-heads/sequence', 'classes'] as const),
    (model) => ({
      ...bitfit(model),
      [QKV]: lora({ rank: 2, rankStabilized: true }),
      'classifier.output.weight': copy(),
    }),
  ],
  'llama-dora': [
    ...(['gpt-modern', 'causal'] as const),
    () => ({
      [QKV]: dora({ rank: 2, alpha: 3 }),
      'stack.layers.0.feedForward.down': dora({ rank: 2, alpha: 3 }),
    }),
  ],
  'bloom-ia3': [
    ...(['decoders/bloom', 'causal'] as const),
    () => ({ [QKV]: ia3(), 'stack.layers.*.feedForward.down': ia3({ input: true }) }),
  ],
  'gpt2-network': [
    ...(['gpt-small', 'causal'] as const),
    () => ({ 'stack.layers.*.attention': prefix({ length: 4, hidden: 6 }) }),
  ],
  'gpt2-prompt': [...(['gpt-small', 'causal'] as const), () => ({ prompt: prompt({ length: 4 }) })],
  'bert-ptuning': [
    ...(['bert-heads/sequence', 'padded'] as const),
    () => ({ prompt: prompt({ length: 3, hidden: 5 }), ...HEAD }),
  ],
  't5-prompt': [...(['seq2seq-t5/t5-v1.1', 'seq2seq'] as const), () => ({ prompt: prompt({ length: 3 }) })],
  'bert-prefix': [
    ...(['bert-heads/sequence', 'padded'] as const),
    () => ({ 'stack.layers.*.attention': prefix({ length: 3, hidden: 5 }), ...HEAD }),
  ],
  'llama-tables': [
    ...(['gpt-modern', 'causal'] as const),
    () => ({
      tokens: lora({ rank: 2, alpha: 3 }),
      head: lora({ rank: 3 }),
      [`${QKV}.value`]: lora({ rank: 2 }),
    }),
  ],
  'gpt2-adalora': [
    ...(['gpt-small', 'causal'] as const),
    () => ({ [QKV]: adalora({ steps: 9, rank: 4, target: 2, kept: '1010' }) }),
  ],
  't5-apart': [
    ...(['seq2seq-t5/t5-v1.1', 'seq2seq'] as const),
    () => ({
      'decoder.layers.*.crossAttention.kv': lora({ rank: 2 }),
      '{encoder,decoder}.layers.*.feedForward.up.gate': lora({ rank: 3, alpha: 1 }),
    }),
  ],
};

export async function main([folder]: readonly string[]): Promise<void> {
  using device = await Device.open();
  for (const [name, [base, kind, layers]] of Object.entries(CASES)) {
    using loaded = await openBase(base, device);
    using adapter = await adapt(loaded.model, layers(loaded.model));
    for (const [own, { size, trainable }] of adapter.store.parameters) {
      if (!trainable) continue; // norms of DoRA
      const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + own.length) / 3);
      if (own.endsWith('.adalora.E')) for (let r = 1; r < size; r += 2) data[r] = 0; // those that are gone
      adapter.store.write(own, data);
    }
    const given = await inputsOf(kind);
    const g = new Graph(device);
    using plan = await g.compile({ y: given.logits(loaded.model, g) });
    const { labels: _, ...inputs } = given.step(0);
    plan.run(inputs);
    const answer = { base, kind, logits: [...(await plan.read('y'))] };
    mkdirSync(join(folder, name), { recursive: true });
    for (const [file, blob] of await savePeft(loaded, adapter, { base: '' }))
      writeFileSync(join(folder, name, file), new Uint8Array(await blob.arrayBuffer()));
    writeFileSync(join(folder, name, 'answer.json'), JSON.stringify(answer));
    console.log(name);
  }
}
