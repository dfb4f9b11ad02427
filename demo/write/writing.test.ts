import { beforeEach, describe, expect, test } from 'vitest';
import type { WriterReading } from './session/protocol';
import { Writing } from './writing';

/** Reads letters, which are tokens 0 to 25, when it is let; other characters it does not know. */
class Letters {
  /** Readings wait for these. */
  #held: Promise<unknown> = Promise.resolve();

  about = () => Promise.resolve({ tokens: [], context: 100, end: null, number: 0 });

  read = async (_: string, text: string | readonly number[]): Promise<WriterReading> => {
    await this.#held;
    const ids = typeof text === 'string' ? [...text].map((c) => c.charCodeAt(0) - 97) : text;
    if (ids.some((id) => id < 0 || id > 25)) throw Object.assign(new Error('unknown'), { name: 'DataError' });
    const logits = new Float32Array(26 * ids.length);
    const spelt = String.fromCharCode(...ids.map((id) => id + 97));
    return { number: 0, step: null, ids: Uint32Array.from(ids), text: spelt, from: 0, logits, maps: [] };
  };

  /** Holds readings back until what it returns is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise<void>((resolve) => (release = resolve));
    return release;
  }
}

describe('what is typed', () => {
  let letters: Letters;
  let writing: Writing;
  let errors: string[];
  const text = (): string => String.fromCharCode(...writing.story.ids.map((id) => id + 97));
  beforeEach(async () => {
    [letters, writing, errors] = [new Letters(), new Writing(), []];
    writing.onError = ({ name }) => errors.push(name);
    writing.start(letters);
    await writing.use('shipped', 'abc');
    await writing.write(3);
    expect(text()).toBe('abcd');
  });

  test('is one step to take back, however often it was read', async () => {
    writing.edit();
    await writing.typed('x');
    await writing.typed('xy');
    expect(text()).toBe('xy');
    await writing.undo();
    expect(text()).toBe('abcd');
    await writing.undo();
    expect(text()).toBe('abc');
    expect(writing.story.undoable).toBe(false);
  });

  test('is given up, and nothing else with it', async () => {
    writing.edit();
    await writing.typed('x');
    await writing.typed('xy');
    await writing.cancel();
    expect(text()).toBe('abcd');
    writing.edit();
    await writing.typed('z');
    await writing.cancel();
    expect(text()).toBe('abcd');
    await writing.undo();
    expect(text()).toBe('abc');
  });

  test('and cannot be read is no step', async () => {
    writing.edit();
    await writing.typed('?');
    expect(errors).toEqual(['DataError']);
    await writing.cancel();
    expect(text()).toBe('abcd');
    writing.edit();
    await writing.typed('?');
    await writing.typed('x'); // the first that is read is the step
    await writing.cancel();
    expect(text()).toBe('abcd');
  });

  test('and is still being read is given up, too', async () => {
    writing.edit();
    const release = letters.hold();
    const typed = writing.typed('x');
    const cancelled = writing.cancel();
    release();
    await Promise.all([typed, cancelled]);
    expect(text()).toBe('abcd');
    expect(writing.story.reading!.text).toBe('abcd');
    await writing.undo();
    expect(text()).toBe('abc');
  });
});
