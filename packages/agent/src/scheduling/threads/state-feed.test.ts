import { beforeEach, expect, test } from '@jest/globals';
import { EVALUATION_WIRE } from '@steppe/domain';
import { noMetrics, silentLogger } from '@steppe/runtime';
import type { StateSnapshot } from '@steppe/state';
import { BUILT_IN_TABLES, EngineStateStore, EVALUATIONS, imageOf, imagePieces, MemoryEngine } from '@steppe/state';
import { SimClock } from '@steppe/testing';
import { SCHEDULING_TABLES } from './scheduling-tables.js';
import { StateFeed } from './state-feed.js';
import type { ToThread } from './thread-messages.js';

const clock = new SimClock();
let sent: ToThread[];
let feed: StateFeed;
beforeEach(() => {
  sent = [];
  feed = new StateFeed({ send: (message) => sent.push(message), clock });
});

async function stateOf(rows: number): Promise<StateSnapshot> {
  const state = new EngineStateStore(
    { tables: BUILT_IN_TABLES },
    { engine: new MemoryEngine(), clock, logger: silentLogger, metrics: noMetrics },
  );
  await state.start();
  await state.transact((tx) => {
    for (let i = 0; i < rows; i += 1) tx.put(EVALUATIONS, { ...EVALUATION_WIRE.empty, id: `e${i}` });
  });
  return state.snapshot();
}

const commit = (index: number): ToThread => ({ kind: 'commit', commit: { index, mutations: [] } });
const abort: ToThread = { kind: 'abort', message: 'enough' };
const rowsSent = (): number[] =>
  sent.flatMap((message) =>
    message.kind === 'piece' && message.piece.table === EVALUATIONS.name ? [message.piece.rows.length] : [],
  );

test('a large state goes out in pieces, each in a turn of its own, and is whole in the end', async () => {
  const snapshot = await stateOf(450);
  const loading = feed.load(snapshot);
  // Nothing but the first piece, until others have had their turn.
  expect(sent.map(({ kind }) => kind)).toEqual(['load', 'piece']);
  await clock.advance(0);
  await loading;
  expect(rowsSent()).toEqual([200, 200, 50]);
  expect(sent.at(-1)).toEqual({ kind: 'loaded', index: snapshot.index });
  const pieces = sent.flatMap((message) => (message.kind === 'piece' ? [message.piece] : []));
  expect(imageOf(snapshot.index, pieces)).toEqual(
    imageOf(snapshot.index, imagePieces(snapshot, { tables: SCHEDULING_TABLES })),
  );
});

test('what comes after a state waits for it', async () => {
  const loading = feed.load(await stateOf(1));
  feed.post(commit(7));
  feed.post(abort);
  expect(sent.map(({ kind }) => kind)).toEqual(['load', 'piece']);
  await clock.advance(0);
  await loading;
  expect(sent.slice(-3)).toEqual([expect.objectContaining({ kind: 'loaded' }), commit(7), abort]);
  feed.post(commit(8));
  expect(sent.at(-1)).toEqual(commit(8));
});

test('a newer state takes the place of one on its way, and of the commits between the two', async () => {
  const first = feed.load(await stateOf(450));
  feed.post(commit(7));
  feed.post(abort);
  const newer = await stateOf(2);
  const second = feed.load(newer);
  feed.post(commit(9));
  await clock.advance(0);
  await Promise.all([first, second]);
  const begun = sent.findLastIndex(({ kind }) => kind === 'load');
  expect(sent.slice(begun).filter(({ kind }) => kind !== 'piece')).toEqual([
    { kind: 'load' },
    { kind: 'loaded', index: newer.index },
    abort,
    commit(9),
  ]);
  expect(sent.slice(0, begun).map(({ kind }) => kind)).toEqual(['load', 'piece']);
});

test('nothing more is sent to one that has ended', async () => {
  const loading = feed.load(await stateOf(450));
  feed.end();
  feed.post(commit(7));
  await clock.advance(0);
  await loading;
  expect(sent.map(({ kind }) => kind)).toEqual(['load', 'piece']);
});
