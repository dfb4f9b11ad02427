import { describe, expect, test } from 'vitest';
import { oneAhead } from './one_ahead';

describe('oneAhead', () => {
  test('takes batches in their order, one behind what is submitted', async () => {
    const told: string[] = [];
    await oneAhead(async (next) => {
      for (const name of ['a', 'b', 'c']) {
        told.push(`submit ${name}`);
        await next(
          () => new Promise<string>((resolve) => setTimeout(resolve, 0, name)),
          (result) => told.push(`take ${result}`),
        );
      }
    });
    expect(told).toEqual(['submit a', 'submit b', 'take a', 'submit c', 'take b', 'take c']);
  });

  test('whoever was told of an error hears no more of what was on its way', async () => {
    let arrive = (): void => undefined;
    const late = new Promise<string>((resolve) => (arrive = () => resolve('late')));
    const taken: string[] = [];
    const take = (result: string): number => taken.push(result);
    const work = oneAhead(async (next) => {
      await next(() => late, take);
      throw new Error('broken');
    });
    await expect(work).rejects.toThrow('broken');
    arrive();
    await new Promise((resolve) => setTimeout(resolve));
    expect(taken).toEqual([]);
  });

  test('tells the error of a batch, and takes none behind it', async () => {
    const taken: string[] = [];
    const work = oneAhead(async (next) => {
      await next(
        () => Promise.reject(new Error('lost')),
        () => taken.push('first'),
      );
      await next(
        () => Promise.resolve('second'),
        (result) => taken.push(result),
      );
    });
    await expect(work).rejects.toThrow('lost');
    expect(taken).toEqual([]);
  });
});
