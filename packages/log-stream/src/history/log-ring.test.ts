import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { SimClock } from '@steppe/testing';
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LogHubImpl } from '../hub/log-hub-impl.js';
import { feedOf, hubWith, itemsOf, ringIn, shown, temporaryFolder } from '../testing/feed-tools.js';
import type { FeedSetup } from '../testing/feed-tools.js';
import type { LogRing, LogRingOptions } from './log-ring.js';
import { LogRing as Ring } from './log-ring.js';

const never = new AbortController().signal;

describe('LogRing', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let clock: SimClock;
  beforeEach(() => {
    folder = temporaryFolder();
    clock = new SimClock();
  });
  afterEach(() => folder.remove());

  const start = (options: Partial<LogRingOptions> = {}): FeedSetup & { readonly history: LogRing } => {
    const history = ringIn(folder.path, clock, options);
    return { clock, history, hub: hubWith(clock, history) };
  };
  const files = (): string[] => readdirSync(folder.path).toSorted();
  const bytesOnDisk = (): number => files().reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0);
  const logMany = (setup: FeedSetup, from: number, to: number, filler = ''): void => {
    for (let i = from; i < to; i += 1) setup.hub.logger('').info(`${i}${filler}`);
  };

  test('what was logged is there to be read, in order, at once', async () => {
    const run = start();
    logMany(run, 0, 1_000);
    expect(shown(await itemsOf(run))).toEqual(Array.from({ length: 1_000 }, (_, i) => `${i}`));
    await run.history.close();
  });

  test('a run that ended in order is followed by the next without a gap, whatever the numbers between', async () => {
    const first = start();
    logMany(first, 0, 3);
    const seen = first.hub.nextSequence - 1;
    await first.history.close();
    await clock.advance(60_000);
    const second = start();
    logMany(second, 3, 5);
    expect(second.hub.nextSequence).toBeGreaterThan(seen + 3);
    expect(shown(await itemsOf(second))).toEqual(['0', '1', '2', '3', '4']);
    const resumed = await itemsOf(second, { start: { kind: 'sequence', sequence: seen + 1 } });
    expect(shown(resumed)).toEqual(['3', '4']);
    await second.history.close();
  });

  test('after a crash what was lost is a gap, and no number comes twice', async () => {
    const first = start();
    logMany(first, 0, 6);
    // Reading writes what there is.
    await itemsOf(first);
    const seen = first.hub.nextSequence - 1;
    await clock.advance(10);
    // The process is gone: its ring is never closed, and its last line was cut off.
    const [name = ''] = files();
    const path = join(folder.path, name);
    truncateSync(path, readFileSync(path).indexOf('"4"'));
    const second = start();
    expect(second.history.firstSequence).toBeGreaterThan(seen);
    logMany(second, 6, 8);
    const resumed = await itemsOf(second, { start: { kind: 'sequence', sequence: seen - 3 } });
    expect(shown(resumed)).toEqual(['2', '3', [seen - 1, second.history.firstSequence - 1], '6', '7']);
    await second.history.close();
  });

  test('a run that crashes before it has written anything is not taken for one that never was', async () => {
    const first = start();
    logMany(first, 0, 1);
    await first.history.close();
    const seen = first.hub.nextSequence - 1;
    for (let i = 0; i < 3; i += 1) {
      await clock.advance(5);
      logMany(start(), i, i + 1);
    }
    await clock.advance(5);
    const last = start();
    logMany(last, 9, 10);
    const resumed = shown(await itemsOf(last, { start: { kind: 'sequence', sequence: seen + 1 } }));
    expect(resumed).toEqual([[seen + 2_001 + 3_000 - 1, last.history.firstSequence - 1], '9']);
    expect(files()).toHaveLength(3);
    await last.history.close();
  });

  test('a clock that was set back does not make numbers come twice', async () => {
    const first = start();
    logMany(first, 0, 3);
    const seen = first.hub.nextSequence - 1;
    await first.history.close();
    clock = new SimClock(clock.now() - 3_600_000);
    const second = start();
    logMany(second, 3, 4);
    expect(second.hub.nextSequence - 1).toBeGreaterThan(seen);
    expect(shown(await itemsOf(second))).toEqual(['0', '1', '2', '3']);
    await second.history.close();
  });

  test('the disk holds no more than it may; the oldest is forgotten first, and who asks for it is told', async () => {
    const maxBytes = 512 * 1024;
    const run = start({ maxBytes });
    const first = run.hub.nextSequence;
    const filler = 'x'.repeat(1_000);
    for (let i = 0; i < 3_000; i += 100) {
      logMany(run, i, i + 100, filler);
      await run.history.sequenceAt(0, { signal: never });
      expect(bytesOnDisk()).toBeLessThanOrEqual(maxBytes + 64 * 1024);
    }
    const [gap, ...rest] = shown(await itemsOf(run, { start: { kind: 'sequence', sequence: first } }));
    const kept = rest.map((message) => Number((message as string).replace(filler, '')));
    expect(gap).toEqual([first, first + (kept[0] ?? 0) - 1]);
    expect(kept.length).toBeGreaterThan(300);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 3_000 - kept.length + i));
    // Who asks for the oldest there is, misses nothing.
    expect((await itemsOf(run))[0]).toMatchObject({ kind: 'line', sequence: first + (kept[0] ?? 0) });
    await run.history.close();
  });

  test('records older than they may be are not shown, and their files go', async () => {
    const run = start({ maxAgeMs: 80_000 });
    for (let i = 0; i < 20; i += 1) {
      logMany(run, i, i + 1);
      await run.history.sequenceAt(0, { signal: never });
      await clock.advance(10_000);
    }
    // At 200 s: those from 120 s on.
    expect(shown(await itemsOf(run))).toEqual(['12', '13', '14', '15', '16', '17', '18', '19']);
    expect(files().length).toBeLessThan(12);
    await run.history.close();
    await clock.advance(81_000);
    const again = start({ maxAgeMs: 80_000 });
    expect(files()).toHaveLength(1);
    expect(await itemsOf(again)).toEqual([]);
    await again.history.close();
  });

  test('since a moment, and the last so many of those that are wanted', async () => {
    const run = start();
    for (let i = 0; i < 10; i += 1) {
      run.hub.logger(i % 2 === 0 ? 'even' : 'odd').info(`${i}`);
      await clock.advance(1_000);
    }
    const now = clock.now();
    const since = await itemsOf(run, { start: { kind: 'time', unixMs: now - 3_000 } });
    expect(shown(since)).toEqual(['odd: 7', 'even: 8', 'odd: 9']);
    expect(shown(await itemsOf(run, { tail: 2 }))).toEqual(['even: 8', 'odd: 9']);
    expect(shown(await itemsOf(run, { tail: 2, loggers: ['even'] }))).toEqual(['even: 6', 'even: 8']);
    expect(shown(await itemsOf(run, { tail: 99, loggers: ['odd'] }))).toHaveLength(5);
    expect(await itemsOf(run, { tail: 0 })).toEqual([]);
    expect(await itemsOf(run, { tail: 5, loggers: ['none'] })).toEqual([]);
    const both = await itemsOf(run, { tail: 9, start: { kind: 'time', unixMs: now - 2_000 } });
    expect(shown(both)).toEqual(['even: 8', 'odd: 9']);
    expect(await itemsOf(run, { start: { kind: 'time', unixMs: now + 1 } })).toEqual([]);
    await run.history.close();
  });

  test('what somebody has put into the files is skipped, and what it has destroyed is a gap', async () => {
    const run = start();
    logMany(run, 0, 3);
    const first = run.hub.nextSequence - 3;
    await run.history.close();
    const [name = ''] = files();
    const path = join(folder.path, name);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"1"', '"1'));
    appendFileSync(path, 'hello\n{"a":1}\n\n');
    appendFileSync(join(folder.path, 'notes.txt'), 'mine');
    appendFileSync(join(folder.path, 'log-0000000000000001.ndjson'), 'none of ours');
    await clock.advance(1);
    const again = start();
    expect(shown(await itemsOf(again)).slice(0, 3)).toEqual(['0', [first + 1, first + 1], '2']);
    expect(files()).toContain('notes.txt');
    expect(files()).not.toContain('log-0000000000000001.ndjson');
    await again.history.close();
  });

  test('a record too long to be kept, and a disk that takes none, cost what they cost and no more', async () => {
    let lost = 0;
    const metrics = { ...noMetrics, incrCounter: () => void (lost += 1) };
    const history = new Ring({ path: folder.path, maxBytes: 1e6, maxAgeMs: 0 }, { clock, metrics });
    const run = { clock, history, hub: hubWith(clock, history) };
    logMany(run, 0, 1);
    run.hub.logger('').info('x'.repeat(2 * 1024 * 1024));
    logMany(run, 2, 3);
    const first = run.hub.nextSequence - 3;
    expect(shown(await itemsOf(run))).toEqual(['0', [first + 1, first + 1], '2']);
    // The folder is gone under our feet.
    rmSync(folder.path, { recursive: true });
    logMany(run, 3, 4);
    const all = await itemsOf(run, { start: { kind: 'sequence', sequence: first } });
    expect(shown(all)).toEqual([[first, first + 3]]);
    await history.close();
    expect(lost).toBe(1);
  });

  test('the files are for the agent and its group only', async () => {
    const run = start({ path: join(folder.path, 'deep', 'ring') });
    logMany(run, 0, 1);
    await run.history.close();
    const mode = (path: string): number => statSync(path).mode & 0o777;
    const ring = join(folder.path, 'deep', 'ring');
    expect(mode(ring)).toBe(0o700);
    expect(mode(join(ring, readdirSync(ring)[0] ?? '')) & 0o027).toBe(0);
  });

  test('a folder that cannot be used is a clear error', () => {
    const path = join(folder.path, 'file');
    writeFileSync(path, '');
    chmodSync(path, 0o400);
    expect(() => start({ path })).toThrow(new RegExp(`^log_ring: ${path}: EEXIST`));
  });

  test('keeps what the agent does not print, when told to, and everything that anybody else wanted', async () => {
    const history = ringIn(folder.path, clock, { level: 'debug' });
    const hub = new LogHubImpl({ level: 'warn', zoneOffsetMinutes: () => 0 }, { clock });
    hub.addRecordSink(history);
    const lines: string[] = [];
    hub.addSink({ write: (line) => void lines.push(line) });
    const run = { clock, hub, history };
    hub.logger('').debug('fine');
    hub.logger('').trace('too fine');
    const reader = feedOf(run, { level: 'trace' });
    hub.logger('').trace('finest');
    reader.close();
    hub.logger('').trace('too fine again');
    expect(shown(await itemsOf(run, { level: 'trace' }))).toEqual(['fine', 'finest']);
    expect(shown(await itemsOf(run, { level: 'debug' }))).toEqual(['fine']);
    expect(lines).toEqual([]);
    await history.close();
  });
});
