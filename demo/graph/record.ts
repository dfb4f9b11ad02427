/**
 * Records a network of each kind that learns the karate club as it usually is, for the page's first view and for browsers without WebGPU:
 *
 *     npm run -s node -- demo/graph/record.ts demo/graph/recording.json [KIND …]
 *
 * Where kinds are named, the others stay as the file has them.
 */
import { recordRuns } from '../session/record-runs.ts';
import { askedOf, taughtOf } from './net/asked.ts';
import { karateClub } from './net/karate.ts';
import { KINDS, pack, type KindName, type RecordedFile } from './recording.ts';
import type { GraphEvent, GraphRun, Judged } from './session/protocol.ts';
import { GraphSession } from './session/session.ts';
import { USUAL } from './settings.ts';

async function record(kind: KindName): Promise<RecordedFile['runs'][KindName]> {
  const net = karateClub(['', '']);
  const taught = taughtOf(net);
  const losses: number[] = [];
  const validation: (readonly [number, number])[] = [];
  const judged: Judged[] = [];
  let run: GraphRun | null = null;
  const session = new GraphSession((event: GraphEvent) => {
    if (event.kind === 'steps') losses.push(...event.losses);
    else if (event.kind === 'evaluation') validation.push([event.step, event.loss]);
    else if (event.kind === 'judged') judged.push(event.judged);
    else if (event.kind === 'state') run = event.run;
  });
  const settings = { ...USUAL, version: kind === 'gat' ? 1 : 2 } as const;
  await session.train(settings, taught);
  console.log(kind, judged.at(-1), validation.at(-1));
  const looked = await session.look(askedOf(net, taught.known));
  const without = [];
  for (const tie of net.ties.keys()) {
    without.push((await session.look(askedOf(net, taught.known, tie))).shares);
  }
  const changed = (shares: Float32Array): number[] =>
    [...taught.known.keys()].filter((i) => shares[2 * i] > 0.5 !== looked.shares[2 * i] > 0.5);
  for (const [tie, shares] of without.entries()) {
    const { a, b } = net.ties[tie];
    if (changed(shares).length > 0)
      console.log(
        kind,
        `without ${a + 1}-${b + 1}:`,
        changed(shares)
          .map((i) => i + 1)
          .join(' '),
      );
  }
  const guesses = await session.guess(settings, askedOf(net, taught.known));
  console.log(kind, guesses);
  const weights = Object.fromEntries(await session.weights());
  const learnt: GraphRun = run!;
  await session.forget();
  const history = { losses, validation };
  return pack({ run: learnt, weights, history, judged, looked, without, guesses });
}

await recordRuns({ usual: 'demo/graph/recording.json', kind: 'kind', names: KINDS, record });
