// The session of the Models page, without the page: one model of each kind is found, loaded, asked, looked into, taught and given back.
import { describe, expect, it } from 'vitest';
import { BringSession } from '../demo/bring/session/session';
import type { Ask, BringEvent, Opened, Reply, Source, Storage } from '../demo/bring/session/protocol';
import { named } from '../demo/bring/session/sources';
import { characterTokenizer, ParameterStore, type Device } from '../engine/index';
import { t5 } from '../models/families/index';
import { load, save } from '../models/index';
import { families } from '../models/families/index';
import bartFixture from './fixtures/seq2seq-t5.json';
import modern from './fixtures/gpt-modern.json';
import { fixtureTensors } from './fixtures/load';
import fixture from './fixtures/tasks.json';
import { withDevice } from './harness/device';
import { checkpointOf } from './models/folders';
import { taskFiles, type TaskHead } from './models/task_models';

type Files = Readonly<Record<string, Uint8Array<ArrayBuffer> | Blob | object>>;

function chosen(title: string, files: Files): Source {
  const list = Object.entries(files).map(([name, file]) => {
    const part = file instanceof Uint8Array || file instanceof Blob ? file : JSON.stringify(file);
    return new File([part], name);
  });
  return { kind: 'files', title, files: list };
}

async function writerFiles(): Promise<Files> {
  const all = await fixtureTensors('gpt-modern.safetensors');
  const alphabet = String.fromCharCode(...Array.from({ length: 67 }, (_, i) => 33 + i));
  return {
    'config.json': modern.config,
    'model.safetensors': checkpointOf(
      new Map(Object.keys(modern.parameters).map((key) => [key, all.get(key)!])),
    ),
    'tokenizer.json': characterTokenizer(alphabet).toJson(),
  };
}

describe('the session of the Models page', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });

  const events: BringEvent[] = [];
  async function session<T>(
    source: Source,
    work: (one: BringSession, model: Opened) => Promise<T>,
    storage: Storage = 'f32',
  ): Promise<T> {
    const connection = { open: () => Promise.resolve(device), reopen: () => Promise.resolve(device) };
    events.length = 0;
    const one = new BringSession(connection, (event) => events.push(event));
    const found = await one.find(source, storage);
    const model = await one.load(source, found);
    try {
      return await work(one, model);
    } finally {
      await one.close();
    }
  }
  const head = (name: TaskHead): Source => chosen(name, taskFiles(name));
  /** All heads' rows sum up to 1. */
  async function expectMaps(one: BringSession, { number, layers, read, written }: Reply): Promise<void> {
    expect(layers.length).toBeGreaterThan(0);
    for (const [i, layer] of layers.entries()) {
      const maps = (await one.maps(number, i))!;
      const sizes = { read: read.length, written: written.length };
      expect(maps).toMatchObject({
        rows: sizes[layer.rows],
        columns: sizes[layer.columns],
        heads: layer.heads,
      });
      for (let at = 0; at < maps.probabilities.length; at += maps.columns) {
        const sum = maps.probabilities.subarray(at, at + maps.columns).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(1, 4);
      }
    }
    expect(await one.maps(number - 1, 0)).toBeNull();
  }

  it('classifies, tags, fills in and answers as Transformers does', async () => {
    const { texts, masked, questions, results } = fixture;
    await session(head('single'), async (one) => {
      const reply = await one.ask({ use: 'classify', text: texts[0], labels: [] });
      expect(reply.answer).toEqual({
        use: 'classify',
        scores: results.single[0].map(({ label, score }) => ({
          label,
          score: expect.closeTo(score, 4) as number,
        })),
      });
      await expectMaps(one, reply);
    });
    await session(head('token'), async (one) => {
      const { answer } = await one.ask({ use: 'tag', text: texts[0] });
      expect(answer.use === 'tag' && answer.spans.map(({ start, end }) => [start, end])).toEqual(
        results.average[0].map(({ start, end }) => [start, end]),
      );
    });
    await session(head('mask'), async (one) => {
      const reply = await one.ask({ use: 'fill', text: masked[0] });
      expect(reply.answer.use === 'fill' && reply.answer.places[0][0].score).toBeCloseTo(
        (results.mask[0] as { score: number }[])[0].score,
        4,
      );
      await expectMaps(one, reply);
    });
    await session(head('question'), async (one) => {
      const { question, context } = questions[0];
      const { answer } = await one.ask({ use: 'answer', text: context, question });
      const [wanted] = results.question[0];
      expect(answer.use === 'answer' && answer.spans[0]).toMatchObject({
        start: wanted.start,
        end: wanted.end,
      });
    });
    await session(head('entailment'), async (one) => {
      const labels = ['film', 'food'];
      const { answer } = await one.ask({ use: 'classify', text: texts[0], labels });
      const scores = answer.use === 'classify' ? answer.scores : [];
      expect(scores.map(({ label }) => label).sort()).toEqual(labels);
      expect(scores.reduce((sum, { score }) => sum + score!, 0)).toBeCloseTo(1, 5);
    });
    await session(head('model'), async (one) => {
      const { answer } = await one.ask({ use: 'compare', text: texts[0], texts: [texts[1], texts[0], ' '] });
      const scores = answer.use === 'compare' ? answer.scores : [];
      expect(scores[0]).toEqual({ label: texts[0], score: expect.closeTo(1, 4) as number });
      expect(scores).toHaveLength(2);
    });
  });

  it('writes, and tells how probable each token was and what else could have stood there', async () => {
    await session(chosen('writer', await writerFiles()), async (one) => {
      const ask: Ask = { use: 'write', text: 'ABC', tokens: 6, temperature: 0, topP: 1, seed: 1 };
      const reply = await one.ask(ask);
      const { answer, read, number } = reply;
      const written = answer.use === 'write' ? answer.text : '';
      expect(written).toHaveLength(6);
      expect(read.map(({ text }) => text).join('')).toBe(`ABC${written}`);
      const told = events.flatMap((event) => (event.kind === 'piece' ? [event.text] : []));
      expect(told.join('')).toBe(written);
      expect(read[0].probability).toBeNull();
      // Greedy: what was written is the likeliest, with the probability that the token itself has.
      for (let at = 3; at < 9; at++) {
        const [best, ...others] = one.instead(number, at, 1)!;
        expect(best.label).toBe(read[at].text);
        expect(best.score).toBeCloseTo(read[at].probability!, 6);
        expect(others.every(({ score }) => score! <= best.score!)).toBe(true);
      }
      expect(one.instead(number, 9, 1)).toHaveLength(10); // of what would follow
      expect(one.instead(number, 0, 1)).toBeNull();
      const [cold] = one.instead(number, 4, 0.5)!;
      expect(cold.score!).toBeGreaterThan(one.instead(number, 4, 1)![0].score!);
      // The last row of the lens is what the model says.
      for (const at of [3, 7]) {
        const states = (await one.layers(number, at))!;
        expect(states).toHaveLength(reply.layers.length + 1);
        for (const [i, { label, score }] of states.at(-1)!.entries()) {
          expect(label).toBe(one.instead(number, at, 1)![i].label);
          expect(score).toBeCloseTo(one.instead(number, at, 1)![i].score!, 5);
        }
      }
      expect(await one.layers(number, 0)).toBeNull();
      await expectMaps(one, reply);
      const again = await one.ask(ask);
      expect(again.answer).toEqual(answer);
      expect(await one.layers(number, 3)).toBeNull(); // another reply has been given since
    });
  });

  it('talks by the template of the model, and shows the whole conversation', async () => {
    const chat_template = '{% for m in messages %}{{ m.content }}{% endfor %}';
    const files = { ...(await writerFiles()), 'tokenizer_config.json': { chat_template } };
    await session(chosen('talker', files), async (one, model) => {
      expect(model).toMatchObject({ use: 'chat', learns: 'text' });
      const choices = { tokens: 4, temperature: 0, topP: 1, seed: 1 };
      const first = await one.ask({ use: 'chat', text: 'ABC', before: [], ...choices });
      expect(first.answer).toMatchObject({ use: 'chat', finished: false });
      const said = first.answer.use === 'chat' ? first.answer.text : '';
      expect(first.read.map(({ text }) => text).join('')).toBe(`ABC${said}`);
      const before = [
        { role: 'user', content: 'ABC' },
        { role: 'assistant', content: said },
      ];
      const { read } = await one.ask({ use: 'chat', text: 'DE', before, ...choices });
      expect(read.map(({ text }) => text).join('')).toMatch(new RegExp(`^ABC.{${said.length}}DE.{4}$`));
    });
  });

  it('holds weights in 8 or 4 bits, which write but do not learn, and go out as the numbers that they are', async () => {
    for (const storage of ['int8', 'int4'] as const) {
      const work = async (one: BringSession, model: Opened): Promise<void> => {
        expect(model).toMatchObject({ storage, learns: null });
        const ask: Ask = { use: 'write', text: 'ABC', tokens: 4, temperature: 0, topP: 1, seed: 1 };
        const { read } = await one.ask(ask);
        expect(read).toHaveLength(7);
        const files = await one.save();
        expect(files.map(({ name }) => name)).toContain('model.safetensors');
        await expect(one.learn({ text: 'ABC'.repeat(99), steps: 1, rate: 1e-3 })).rejects.toThrow(/int/);
      };
      await session(chosen('writer', await writerFiles()), work, storage);
    }
  });

  it('rewrites, and shows what the decoder read', async () => {
    const { config: given, parameters } = bartFixture.families.t5;
    const config = { ...given, vocab_size: 131 };
    const model = t5.build(config, { names: () => Object.keys(parameters) });
    let files: Files;
    {
      using _store = new ParameterStore(device, model, { seed: 3 });
      files = { ...Object.fromEntries(await save(t5, model, config)), 'tokenizer.json': fixture.tokenizer };
    }
    await session(chosen('t5', files), async (one) => {
      const reply = await one.ask({ use: 'rewrite', text: 'the film is good' });
      expect(reply.answer.use).toBe('rewrite');
      expect(reply.written.length).toBeGreaterThan(1);
      expect(new Set(reply.layers.map(({ rows, columns }) => `${rows} ${columns}`))).toEqual(
        new Set(['read read', 'written written', 'written read']),
      );
      await expectMaps(one, reply);
    });
  });

  it('learns a text, answers by what it learnt, and gives it back', async () => {
    const source = chosen('writer', await writerFiles());
    await session(source, async (one) => {
      const text = 'ABCDEFGH'.repeat(60);
      await expect(one.learn({ text: 'AB', steps: 5, rate: 1e-3 })).rejects.toThrow(/2 tokens/);
      await expect(one.learn({ text, steps: 5, rate: 0 })).rejects.toThrow(/learning rate/);
      await one.learn({ text, steps: 30, rate: 1e-2 });
      const losses = events.flatMap((event) => (event.kind === 'steps' ? event.losses : []));
      expect(losses).toHaveLength(30);
      expect(losses.at(-1)!).toBeLessThan(0.3 * losses[0]);
      const states = events.flatMap((event) => (event.kind === 'state' ? [event.state] : []));
      expect(states).toEqual(['preparing', 'empty', 'preparing', 'training', 'finished']);
      const ask: Ask = { use: 'write', text: 'ABC', tokens: 4, temperature: 0, topP: 1, seed: 1 };
      const { answer } = await one.ask(ask);
      expect(answer).toEqual({ use: 'write', text: 'DEFG' });

      const files = await one.save();
      expect(files.map(({ name }) => name).sort()).toEqual([
        'config.json',
        'model.safetensors',
        'tokenizer.json',
      ]);
      const folder = files.map(({ name, blob }) => new File([blob], name));
      using loaded = await load(folder, { device, families });
      expect(loaded.type).toBe('llama');
    });
  });

  it('learns rows of labels, and names those that it cannot read', async () => {
    await session(head('single'), async (one) => {
      const rows = Array.from({ length: 12 }, (_, i) =>
        i % 2 ? 'good\tthe film is good' : 'bad\tthe food is bad',
      );
      const text = ['no tab at all', '\tnothing', ...rows, 'good\t'].join('\r\n');
      await one.learn({ text, steps: 6, rate: 1e-3 });
      const { run } = events.findLast((event) => event.kind === 'state')! as { run: { skipped: unknown } };
      expect(run.skipped).toEqual([
        { line: 1, why: 'no tab' },
        { line: 2, why: 'no label' },
        { line: 15, why: 'no text' },
      ]);
      await expect(one.learn({ text: 'great\tfilm\nbad\tfood', steps: 1, rate: 1e-3 })).rejects.toThrow(
        /no class great.*bad, good, neither/,
      );
    });
  });

  it('does not teach classes of which several may be right: their loss is another', async () => {
    await session(head('several'), async (one, model) => {
      expect(model.learns).toBeNull();
      const text = 'LABEL_0\tfilm\nLABEL_1\tfood';
      await expect(one.learn({ text, steps: 1, rate: 1e-3 })).rejects.toThrow(/does not learn here/);
    });
  });

  it('ends what is under way when something else is asked for, and stays usable', async () => {
    await session(chosen('writer', await writerFiles()), async (one) => {
      const long: Ask = { use: 'write', text: 'ABC', tokens: 500, temperature: 1, topP: 1, seed: 2 };
      const first = expect(one.ask(long)).rejects.toThrow(/abort/i);
      const short = await one.ask({ ...long, tokens: 2 });
      await first;
      expect(short.answer.use).toBe('write');
      const learning = one.learn({ text: 'ABCDEFGH'.repeat(60), steps: 1000, rate: 1e-3 });
      await new Promise((resolve) => setTimeout(resolve, 300));
      await one.cancel();
      await learning.catch(() => undefined);
      expect((await one.ask({ ...long, tokens: 2 })).answer.use).toBe('write');
    });
  });

  it('reads names as people paste them', () => {
    expect(named(' gpt2 ')).toEqual({ model: 'gpt2' });
    expect(named('https://huggingface.co/openai-community/gpt2')).toEqual({ model: 'openai-community/gpt2' });
    expect(named('https://huggingface.co/a/b/tree/v1.0')).toEqual({ model: 'a/b', revision: 'v1.0' });
    expect(named('https://huggingface.co/a/b?library=x')).toEqual({ model: 'a/b' });
    expect(named('https://example.org/models/tiny/')).toEqual({ model: 'https://example.org/models/tiny/' });
    expect(() => named(' ')).toThrow(/none is named/);
  });
});
