// Recommenders of the next item: what they minimise, what they learn of a process that is known, and how they are asked.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Graph,
  IGNORE_INDEX,
  ParameterStore,
  RandomStream,
  Run,
  TextBatches,
  AdamW,
  DataError,
  type Device,
} from '../../engine/index';
import {
  BERT4Rec,
  itemRows,
  judgeScorer,
  leaveOneOut,
  MarkovChain,
  nextItem,
  openRecommender,
  Popularity,
  Recommender,
  SASRec,
  saveRecommender,
  trainRecommender,
  type ItemJudgement,
} from '../../models/items/index';
import { recommend } from '../docs/recommend';
import { withDevice } from '../harness/device';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const ITEMS = 11;

/** Two walks take turns, so that what comes next is behind the last item but one: the last alone does not tell it. */
function turns(users: number, seed: number): Uint32Array[] {
  const random = new RandomStream(seed, 'histories');
  return Array.from({ length: users }, () => {
    const own = [random.below(ITEMS), random.below(ITEMS)];
    while (own.length < 12) own.push((own.at(-2)! + 1) % ITEMS);
    return Uint32Array.from(own, (item) => item + 1);
  });
}

const split = leaveOneOut({ name: 'turns', sequences: turns(150, 1) });
const sizes = { items: ITEMS, context: 12, width: 32, dropout: 0 };

describe('the loss over a sample of items', () => {
  it('is the softmax over the wanted item and those that were drawn; with all drawn, over all', async () => {
    const model = new SASRec({ ...sizes, layers: 1 });
    using store = new ParameterStore(device, model, { init: 'random', seed: 3 });
    expect(store.parameters.size).toBeGreaterThan(0);
    const ids = Uint32Array.of(1, 4, 2, 7, 3, 0);
    const targets = Uint32Array.of(4, 2, 9, 3, 5, IGNORE_INDEX);
    const lossOf = async (drawn: readonly number[]) => {
      const g = new Graph(device);
      const at = g.input('ids', [2, 3], 'u32');
      const lengths = g.input('lengths', [2], 'u32');
      const S = drawn.length;
      using plan = await g.compile({
        logits: model.forward(g, at, { lengths }),
        loss: model.sampledLoss(g, at, {
          lengths,
          targets: g.input('targets', [2, 3], 'u32'),
          candidates: g.input('candidates', [S], 'u32'),
          labels: g.input('labels', [2, 3], 'u32'),
          apart: g.input('apart', [2, 3, 1], 'f32'),
        }),
      });
      const place = (target: number) => drawn.indexOf(target);
      plan.run({
        ids,
        lengths: Uint32Array.of(3, 2),
        targets,
        candidates: Uint32Array.from(drawn),
        labels: targets.map((t) => (t === IGNORE_INDEX ? t : place(t) + 1)),
        apart: Float32Array.from(targets, (t) => (place(t) >= 0 ? -Infinity : 0)),
      });
      const [[loss], logits] = await Promise.all([plan.read('loss'), plan.read('logits')]);
      let wanted = 0;
      for (let t = 0; t < 5; t++) {
        const among = [...new Set([targets[t], ...drawn])];
        const power = (item: number) => Math.exp(logits[t * (ITEMS + 1) + item]);
        wanted -= Math.log(power(targets[t]) / among.reduce((sum, item) => sum + power(item), 0)) / 5;
      }
      return { loss, wanted };
    };
    for (const drawn of [[3], [9, 1, 4], Array.from({ length: ITEMS }, (_, k) => ITEMS - k)]) {
      const { loss, wanted } = await lossOf(drawn);
      expect(loss).toBeCloseTo(wanted, 5);
    }
  });

  it('draws each item once, the same at a step however often it is asked, others at the next', () => {
    const batches = new TextBatches(itemRows(split.training, 12), { pad: 0, tokens: 64 });
    const objective = nextItem(batches, { negatives: 5, seed: 2 });
    const model = new SASRec(sizes);
    const g = new Graph(device);
    objective.record(g, 0, model, null);
    const drawnAt = (step: number) => {
      const { candidates, labels, targets } = objective.feed(batches.at(step)).inputs as Record<
        string,
        Uint32Array
      >;
      labels.forEach((label, t) => {
        if (label === IGNORE_INDEX) expect(targets[t]).toBe(IGNORE_INDEX);
        else if (label > 0) expect(candidates[label - 1]).toBe(targets[t]);
        else expect(candidates).not.toContain(targets[t]);
      });
      return [...candidates];
    };
    const first = drawnAt(0);
    expect(new Set(first).size).toBe(5);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...first)).toBeLessThanOrEqual(ITEMS);
    expect(drawnAt(0)).toEqual(first);
    expect([1, 2, 3].map(drawnAt)).not.toEqual([first, first, first]);
  });

  it('is refused by name where it cannot be', () => {
    const batches = new TextBatches(itemRows(split.training, 12), { pad: 0 });
    expect(() => nextItem(batches, { negatives: 0 })).toThrow(/negatives is 0/);
    expect(() => nextItem(batches, { negative: 4 } as object)).toThrow(/negative/);
    const g = new Graph(device);
    expect(() => nextItem(batches, { negatives: 12 }).record(g, 0, new SASRec(sizes), null)).toThrow(
      /negatives is 12 of 11 items/,
    );
  });
});

describe('SASRec on walks that take turns', () => {
  let model: SASRec;
  let store: ParameterStore;
  let judgement: ItemJudgement;

  beforeAll(async () => {
    model = new SASRec({ ...sizes });
    store = new ParameterStore(device, model, { init: 'random', seed: 1 });
    const result = await trainRecommender({
      device,
      model,
      split,
      ...{ epochs: 24, judgeEvery: 4, tokens: 256, lr: 4e-3, k: 1, seen: 'again' },
    });
    expect(result.best).toBeLessThanOrEqual(result.step);
    using recommender = new Recommender(device, model);
    judgement = await recommender.judge(split.test, { k: 1, seen: 'again' });
    return () => store[Symbol.dispose]();
  });

  it('tells what comes next, which neither popularity nor a Markov chain can', () => {
    const among = { k: 1, seen: 'again' } as const;
    expect(judgeScorer(new Popularity(split.training, ITEMS), split.test, among).hitRate).toBeLessThan(0.3);
    expect(judgeScorer(new MarkovChain(split.training, ITEMS), split.test, among).hitRate).toBeLessThan(0.4);
    expect(judgement.hitRate).toBeGreaterThan(0.9);
    expect(judgement.cases).toBe(150);
  });

  it('knows users whom it never met, and recommends what is allowed and not seen', async () => {
    using recommender = new Recommender(device, model);
    const [history] = turns(1, 99);
    const [[best]] = await recommender.recommend([history], { topK: 1, seen: 'again' });
    expect(best.item).toBe((history.at(-2)! % ITEMS) + 1);
    const [all] = await recommender.recommend([history], { topK: 100 });
    expect(all.map(({ item }) => item).filter((item) => history.includes(item))).toEqual([]);
    expect(all.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 9);
    const [even] = await recommender.recommend([history], {
      seen: 'again',
      allowed: (item) => item % 2 === 0,
    });
    expect(even.every(({ item }) => item % 2 === 0)).toBe(true);
    expect(even).toHaveLength(5);
    // Many of unequal lengths, as one by one.
    const many = [
      history,
      history.slice(0, 5),
      history.slice(0, 1),
      Uint32Array.of(3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 2, 5),
    ];
    const together = await recommender.scores(many);
    for (const [i, one] of many.entries()) {
      const [alone] = await recommender.scores([one]);
      alone.forEach((score, k) => expect(together[i][k]).toBeCloseTo(score, 3));
    }
  });

  it('says which items it looked at', async () => {
    using recommender = new Recommender(device, model);
    const [history] = turns(1, 98);
    const reasons = await recommender.because(history);
    expect(reasons).toHaveLength(12);
    expect(reasons.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    for (const { at, item } of reasons) expect(item).toBe(history[at]);
    expect(reasons.map(({ share }) => share)).toEqual(
      reasons.map(({ share }) => share).sort((x, y) => y - x),
    );
    const longer = Uint32Array.of(...history, ...history); // the oldest half is not read
    expect(Math.min(...(await recommender.because(longer)).map(({ at }) => at))).toBe(12);
  });

  it('goes into a file and comes back with the names of its items', async () => {
    const names = Array.from({ length: ITEMS }, (_, k) => `item ${k + 1}`);
    const bytes = await saveRecommender(device, model, names);
    const histories = [split.test[0].before];
    const of = async (one: SASRec | BERT4Rec) => {
      using recommender = new Recommender(device, one);
      return await recommender.scores(histories);
    };
    {
      using opened = await openRecommender(device, bytes);
      expect(opened.items).toEqual(names);
      expect(opened.model).toBeInstanceOf(SASRec);
      expect(opened.model.config).toEqual(model.config);
      expect(await of(opened.model)).toEqual(await of(model));
    }
    await expect(saveRecommender(device, model, ['one'])).rejects.toThrow(/1 names for 11 items/);
    const text = new TextDecoder('latin1').decode(bytes);
    const edited = (from: string, to: string) => {
      expect(text).toContain(from);
      return Uint8Array.from(text.replace(from, to), (letter) => letter.charCodeAt(0));
    };
    const open = (file: Uint8Array<ArrayBuffer>) => openRecommender(device, file);
    await expect(open(edited('heed.items.1', 'heed.items.7'))).rejects.toThrow(/heed\.items\.7/);
    await expect(open(edited('SASRec', 'toStri'))).rejects.toThrow(/of kind toStri/);
    const [sizes, others] = [
      String.raw`\"context\":12,\"layers\":2`,
      String.raw`\"context\":1,\"layers\":99`,
    ];
    await expect(open(edited(sizes, others))).rejects.toThrow(/layers is 99, but it has \d+ tensors/);
    await expect(open(edited('item 1', 'item\\"1'.slice(0, 6)))).rejects.toThrow(DataError);
  });

  it('refuses what cannot be asked', async () => {
    using recommender = new Recommender(device, model);
    await expect(recommender.recommend([[]])).rejects.toThrow(/a history is empty/);
    await expect(recommender.recommend([[1, 12]])).rejects.toThrow(/item 1 of a history is 12.*1 to 11/s);
    await expect(recommender.recommend('abc' as never)).rejects.toThrow(/no list/);
    await expect(recommender.recommend([[1]], { allowed: 3 as never })).rejects.toThrow(/allowed is number/);
    await expect(recommender.recommend([[1]], { topK: 0 })).rejects.toThrow(/topK is 0/);
    await expect(recommender.judge(split.test, { seen: 'never' as 'out' })).rejects.toThrow(/seen is never/);
    await expect(
      recommender.recommend([[1]], { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
    const options = { device, model, split };
    await expect(trainRecommender({ ...options, hidden: 0.3 })).rejects.toThrow(/hidden is of a BERT4Rec/);
    await expect(trainRecommender({ ...options, epochs: 0 })).rejects.toThrow(/epochs is 0/);
    await expect(trainRecommender({ device, model: new SASRec(sizes), split })).rejects.toThrow(/no weights/);
    const alone = { training: [Uint32Array.of(1)], validation: [] };
    await expect(trainRecommender({ device, model, split: alone })).rejects.toThrow(
      /no history has two items/,
    );
    expect(() => new SASRec({ items: 0 })).toThrow(/items is 0/);
    expect(() => new SASRec({ items: 5, layer: 1 } as never)).toThrow(/layer/);
  });
});

describe('the guide', () => {
  it('learns what to watch from a table', async () => {
    const films = 'abcdefghijk';
    const rows = split.training
      .slice(0, 16)
      .flatMap((own, user) => Array.from(own, (item, when) => `u${user},${films[item - 1]},${when}`));
    const told = await recommend(device, ['user,film,when', ...rows].join('\n'), ['c', 'f']);
    expect(told.judged.cases).toBe(16);
    expect(told.judged.ndcg).toBeGreaterThan(told.popular.ndcg);
    expect(told.next).toHaveLength(3);
    expect(['c', 'f']).toContain(told.because);
  });
});

describe('training', () => {
  it('over a sample of items learns, too, and an abort leaves the best weights so far', async () => {
    const model = new SASRec({ ...sizes, layers: 1 });
    using store = new ParameterStore(device, model, { init: 'random', seed: 5 });
    expect(store.parameters.size).toBeGreaterThan(0);
    const abort = new AbortController();
    const losses: number[] = [];
    const result = await trainRecommender({
      ...{ device, model, split, epochs: 100, lr: 4e-3, negatives: 6, judgeEvery: 2, patience: 50 },
      signal: abort.signal,
      onEvent: (event) => {
        if (event.kind === 'steps') losses.push(...event.reports.map(({ loss }) => loss));
        if (event.kind === 'evaluation' && losses.length >= 20) abort.abort();
      },
    });
    expect(result.reason).toBe('aborted');
    expect(result.judgement!.cases).toBe(150);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
    using recommender = new Recommender(device, model);
    expect(await recommender.judge(split.validation)).toEqual(result.judgement);
  });

  it('of BERT4Rec tells hidden items, and what comes behind all others', async () => {
    const model = new BERT4Rec({ ...sizes, layers: 1 });
    using store = new ParameterStore(device, model, { init: 'random', seed: 5 });
    expect(store.parameters.size).toBeGreaterThan(0);
    const losses: number[] = [];
    await trainRecommender({
      ...{ device, model, split, epochs: 8, lr: 4e-3, hidden: 0.3 },
      onEvent: (event) => {
        if (event.kind === 'steps') losses.push(...event.reports.map(({ loss }) => loss));
      },
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]);
    using recommender = new Recommender(device, model);
    const [fresh] = await recommender.recommend([[]], { topK: 3 }); // it may start from nothing
    expect(fresh).toHaveLength(3);
    expect((await recommender.because([4, 2, 6])).map(({ at }) => at).sort()).toEqual([0, 1, 2]);
  });

  it('goes on from a checkpoint bit for bit', async () => {
    const batches = new TextBatches(itemRows(split.training, 12), { pad: 0, tokens: 512 });
    const objective = nextItem(batches, { negatives: 4, seed: 7 });
    const options = {
      device,
      objective,
      optimizer: new AdamW(),
      schedule: { kind: 'constant', lr: 1e-3 },
    } as const;
    const lossesOf = async (run: Run<ReturnType<typeof batches.at>>, steps: number) => {
      const losses: number[] = [];
      await run.fit({
        ...{ steps, batches: (k: number) => batches.at(k) },
        onEvent: (event) => {
          if (event.kind === 'steps') losses.push(...event.reports.map(({ loss }) => loss));
        },
      });
      return losses;
    };
    using whole = await Run.create({
      ...options,
      model: new SASRec({ ...sizes, layers: 1, dropout: 0.1 }),
      seed: 1,
    });
    const losses = await lossesOf(whole, 6);
    using first = await Run.create({
      ...options,
      model: new SASRec({ ...sizes, layers: 1, dropout: 0.1 }),
      seed: 1,
    });
    const begun = await lossesOf(first, 3);
    using second = await Run.create({
      ...options,
      model: new SASRec({ ...sizes, layers: 1, dropout: 0.1 }),
      seed: 1,
    });
    await second.load(await first.save());
    expect([...begun, ...(await lossesOf(second, 6))]).toEqual(losses);
  });
});
