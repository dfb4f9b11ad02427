// Speech, from samples to text and times, beside Transformers' generate and pipeline: tests/fixtures/make_speech.py.
import { describe, expect, it } from 'vitest';
import { type Device } from '../../engine/index';
import {
  FeatureExtractor,
  inspect,
  load,
  loadFeatureExtractor,
  loadTokenizer,
  whisper,
} from '../../models/index';
import { pipeline, Transcriber, type TranscribeOptions } from '../../models/tasks/index';
import { hear } from '../docs/hear';
import { withDevice } from '../harness/device';
import { wavOf } from '../harness/wav';
import { folderOf } from './folders';
import { cases, config, results, soundOf, speechFiles, type SpeechCase } from './speech';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const TIMES = 51;
const [LANGUAGES, CODES] = [
  [42, 43, 44],
  ['en', 'fr', 'de'],
];

async function open(more: Readonly<Record<string, object>> = {}) {
  const folder = folderOf({ ...(await speechFiles()), ...more });
  const loaded = await load(folder, { device, families: [whisper] });
  const features = await loadFeatureExtractor(device, folder);
  const transcriber = new Transcriber(device, loaded, await loadTokenizer(folder), features);
  return {
    ...{ loaded, features, transcriber, folder },
    [Symbol.dispose]() {
      for (const one of [transcriber, features, loaded]) one[Symbol.dispose]();
    },
  };
}

/** By our names. */
const optionsOf = ({ options }: SpeechCase): TranscribeOptions => {
  const names: Readonly<Record<string, string>> = {
    ...{ num_beams: 'beams', return_timestamps: 'timestamps', max_new_tokens: 'tokens' },
  };
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [names[name] ?? name, value]));
};

describe('a transcriber', () => {
  it('writes the ids of generate: greedy and with beams, with times and without, of short sounds and long ones', async () => {
    using opened = await open();
    for (const [name, one] of Object.entries(cases)) {
      const { segments, language } = await opened.transcriber.transcribe(soundOf(one), optionsOf(one));
      expect(
        segments.flatMap(({ ids }) => ids),
        name,
      ).toEqual(one.ids);
      for (const [i, [start, end]] of (one.times ?? []).entries()) {
        expect(segments[i].start, name).toBeCloseTo(start, 6);
        expect(segments[i].end, name).toBeCloseTo(end, 6);
      }
      if (one.times) expect(segments.length, name).toBe(one.times.length);
      const told = LANGUAGES.find((id) => one.begin.includes(id));
      if (told !== undefined) expect(language, name).toBe(CODES[LANGUAGES.indexOf(told)]);
    }
  });

  it('gives what the pipeline gives, from samples, buffers and files', async () => {
    const folder = folderOf(await speechFiles());
    using ask = await pipeline('automatic-speech-recognition', folder, { device });
    expect(ask.processor.mels).toBe(config.num_mel_bins);
    for (const [name, one] of Object.entries(cases)) {
      const got = await ask(soundOf(one), one.options);
      const { text, chunks } = results[name];
      expect(got.text, name).toBe(text);
      expect('chunks' in got, name).toBe(one.options.return_timestamps === true);
      for (const [i, chunk] of (chunks ?? []).entries()) {
        expect(got.chunks![i].text, name).toBe(chunk.text);
        if (one.times) continue; // there they begin anew with each window
        const [begin, end] = chunk.timestamp;
        expect(got.chunks![i].timestamp[0], name).toBeCloseTo(begin!, 6);
        if (end === null) expect(got.chunks![i].timestamp[1], name).toBe(null);
        else expect(got.chunks![i].timestamp[1], name).toBeCloseTo(end, 6);
      }
      expect(got.chunks?.length, name).toBe(chunks?.length);
    }
    const sound = soundOf(cases.greedy);
    const stereo = { sampleRate: 16_000, numberOfChannels: 2, getChannelData: () => sound };
    const floats = [...new Uint8Array(sound.slice().buffer)];
    const file = new Blob([wavOf({ kind: 3, bits: 32, data: floats }).slice()]);
    const texts = await ask([sound, stereo, file]);
    expect(texts.map(({ text }) => text)).toEqual([0, 1, 2].map(() => results.greedy.text));
    await expect(ask(sound, { return_timestamps: 'word' } as never)).rejects.toThrow(
      "return_timestamps is 'word'",
    );
    await expect(ask(sound, { chunk_length_s: 30 } as never)).rejects.toThrow('chunk_length_s');
    await expect(pipeline('translation', folder, { device })).rejects.toThrow();
  });

  it('streams its text, tells how far it is, and is ended', async () => {
    using opened = await open();
    const { transcriber } = opened;
    const long = soundOf(cases.long);
    const [texts, seconds]: [string[], number[]] = [[], []];
    const told = await transcriber.transcribe(long, {
      onText: (text) => texts.push(text),
      onProgress: (done, total) => seconds.push(done / total),
    });
    expect(texts.at(-1)).toBe(told.text);
    expect(new Set(texts).size).toBeGreaterThan(10);
    expect(seconds.at(-1)).toBe(1);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    expect(told.seconds).toBeCloseTo(3.3, 6);
    const stop = new AbortController();
    const ended = transcriber.transcribe(long, {
      signal: stop.signal,
      onText: () => stop.abort(new Error('enough')),
    });
    await expect(ended).rejects.toThrow('enough');
    const running = transcriber.transcribe(long);
    await expect(transcriber.transcribe(long)).rejects.toThrow('busy');
    expect((await running).text).toBe(told.text);
    const last = transcriber.transcribe(long, { onText: () => transcriber[Symbol.dispose]() });
    await expect(last).rejects.toThrow('disposed of');
  });

  it('tells languages, and silence', async () => {
    using opened = await open();
    const { transcriber } = opened;
    expect(transcriber.languages).toEqual(CODES);
    const sound = soundOf(cases.greedy);
    const scores = await transcriber.detectLanguage(sound);
    expect(scores.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 12);
    expect(scores[0].language).toBe(CODES[LANGUAGES.indexOf(cases.greedy.begin[1])]);
    // A random model holds silence for about 1 % likely; its texts are unsure.
    expect((await transcriber.transcribe(sound, { silence: 0.999 })).segments.length).toBe(1);
    expect(await transcriber.transcribe(sound, { silence: 0 })).toMatchObject({ text: '', segments: [] });
  });

  it('refuses what cannot be', async () => {
    using opened = await open();
    const { transcriber, loaded, features } = opened;
    const sound = soundOf(cases.greedy);
    const refused: [object, string][] = [
      [{ language: 'klingon' }, 'language is "klingon". Known are en, fr, de'],
      [{ task: 'summarise' }, 'task is "summarise". Use translate or transcribe'],
      [{ beams: 0 }, 'beams is 0'],
      [{ tokens: 99 }, 'tokens is 99. Use 1 to 20'],
      [{ silence: 2 }, 'silence is 2'],
      [{ timestamps: 'word' }, 'timestamps is word'],
      [{ langauge: 'en' }, 'langauge'],
    ];
    for (const [options, what] of refused) {
      await expect(transcriber.transcribe(sound, options)).rejects.toThrow(what);
    }
    await expect(transcriber.transcribe(new Float32Array(0))).rejects.toThrow('no samples');
    await expect(transcriber.transcribe('speech.mp3' as never)).rejects.toThrow('audio is a string');
    using other = new FeatureExtractor(device);
    const tokenizer = await loadTokenizer(opened.folder);
    expect(() => new Transcriber(device, loaded, tokenizer, other)).toThrow(
      '80 × 3000 numbers, the model reads 16 × 100',
    );
    const files = await speechFiles();
    for (const [setting, what] of [
      [{ condition_on_prev_tokens: true }, 'condition_on_prev_tokens is true'],
      [{ do_sample: true }, 'do_sample is true'],
      [{ forced_decoder_ids: [[2, 46]] }, 'forced_decoder_ids is [[2,46]]'],
      [{ lang_to_id: { '<|en|>': 999 } }, 'lang_to_id is'],
      [{ no_timestamps_token_id: 999 }, 'no_timestamps_token_id is 999'],
    ] as const) {
      const changed = { ...(files['generation_config.json'] as object), ...setting };
      const strange = { ...loaded, model: loaded.model, config: loaded.config, generationConfig: changed };
      expect(() => new Transcriber(device, strange as never, tokenizer, features)).toThrow(what);
    }
  });

  it('reads a model of one language, and one whose files say little', async () => {
    // English only: no languages, no tasks.
    const { generation_config: _, ...files } = { generation_config: 0, ...(await speechFiles()) };
    const english = {
      ...(files['generation_config.json'] as object),
      ...{ is_multilingual: false, lang_to_id: null, task_to_id: null, forced_decoder_ids: [[1, TIMES - 1]] },
    };
    using opened = await open({ 'generation_config.json': english });
    const sound = soundOf(cases.greedy);
    expect(opened.transcriber.languages).toEqual([]);
    expect((await opened.transcriber.transcribe(sound)).language).toBe(null);
    await expect(opened.transcriber.transcribe(sound, { language: 'en' })).rejects.toThrow(
      'one language only',
    );
    await expect(opened.transcriber.transcribe(sound, { task: 'translate' })).rejects.toThrow(
      'transcribes only',
    );
    await expect(opened.transcriber.detectLanguage(sound)).rejects.toThrow('one language only');
    // What old folders leave out is told by the tokenizer.
    const { generation } = { generation: files['generation_config.json'] as Record<string, unknown> };
    const {
      lang_to_id: _l,
      task_to_id: _t,
      no_timestamps_token_id: _n,
      is_multilingual: _m,
      ...little
    } = generation;
    using old = await open({ 'generation_config.json': little });
    const one = cases['greedy, French'];
    const { segments } = await old.transcriber.transcribe(soundOf(one), optionsOf(one));
    expect(segments[0].ids).toEqual(one.ids);
  });

  it('is the example of the guide, and tells what it takes', async () => {
    const folder = folderOf(await speechFiles());
    const one = cases['greedy with times'];
    const shown: string[] = [];
    const lines = await hear(device, folder, soundOf(one), (text) => shown.push(text));
    expect(lines.length).toBe(results['greedy with times'].chunks!.length);
    expect(shown.at(-1)).toBe(results['greedy with times'].text);
    expect(lines[0]).toMatch(/^0\.\d\d–/);
    const told = await inspect(folder, { families: [whisper], device, length: 8, batch: 1 });
    expect(told.run?.caches).toBeGreaterThan(0);
  });
});
