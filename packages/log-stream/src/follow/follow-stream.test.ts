import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { compilePattern } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import { hubWith, itemsOf, ringIn, shown, temporaryFolder } from '../testing/feed-tools.js';
import { MemorySink } from '../testing/memory-sink.js';
import type { FollowOptions } from './follow-stream.js';
import { FollowStream } from './follow-stream.js';
import { LogFilter } from './log-filter.js';

describe('FollowStream', () => {
  let clock: SimClock;
  beforeEach(() => {
    clock = new SimClock();
  });

  const open = (options: Partial<FollowOptions> = {}, sink = new MemorySink()) => {
    const hub = hubWith(clock);
    const leave = new AbortController();
    const stream = new FollowStream(
      {
        level: 'info',
        json: false,
        location: false,
        start: { kind: 'now' },
        follow: true,
        encoding: 'events',
        ...options,
      },
      { hub, clock, history: undefined },
    );
    const done = stream.run(sink, { signal: leave.signal });
    return { hub, log: hub.logger('n'), sink, leave, done };
  };

  test.each([
    ['events', 'retry: 1000\n\n:\n\n:\n\n:\n\n'],
    ['ndjson', '{}\n{}\n{}\n'],
    ['frames', '{}{}{}'],
    ['plain', ''],
  ] as const)('%s: an idle stream beats each second', async (encoding, text) => {
    const { sink, leave, done } = open({ encoding });
    await clock.advance(3_500);
    expect(sink.text).toBe(text);
    leave.abort();
    await done;
    expect(clock.pending).toBe(0);
  });

  test('an event is there at once, its number the next in line', async () => {
    const { hub, log, sink, leave, done } = open();
    const first = hub.nextSequence;
    log.info('one', { a: 'b c' });
    log.debug('too fine');
    log.warn('two\r\nlines');
    await clock.advance(0);
    expect(sink.text).toBe(
      `retry: 1000\n\nid: ${first}\ndata: 2031-05-06T07:08:09.123Z [INFO]  n: one: a="b c"\n\n` +
        `id: ${first + 1}\ndata: 2031-05-06T07:08:09.123Z [WARN]  n: two\ndata: lines\n\n`,
    );
    leave.abort();
    await done;
  });

  test.each([
    ['events', 'id: %to\nevent: gap\ndata: {"from":%from,"lost":6,"to":%to}\n\n'],
    ['ndjson', '{"@gap":{"from":%from,"lost":6,"to":%to}}\n'],
    ['plain', '[WARN] Monitor dropped 6 logs during monitor request: from=%from to=%to\n'],
  ] as const)('%s: what a stalled reader has lost is told in its place, by number', async (encoding, form) => {
    const sink = new MemorySink(1);
    const { hub, log, leave, done } = open({ encoding, maxRecords: 4 }, sink);
    // The first write of the stream fills the reader up.
    log.info('first '.repeat(encoding === 'plain' ? 400 : 1));
    await clock.advance(0);
    const from = hub.nextSequence + 4;
    for (let i = 0; i < 10; i += 1) log.info(`number ${i}.`);
    sink.release();
    await clock.advance(300);
    log.info('after');
    await clock.advance(300);
    const text = sink.text;
    const gap = form.replaceAll('%from', `${from}`).replaceAll('%to', `${from + 5}`);
    expect(text).toContain(gap);
    expect(text.indexOf('number 3.')).toBeLessThan(text.indexOf(gap));
    expect(text.indexOf('number 4.')).toBe(-1);
    expect(text.indexOf(gap)).toBeLessThan(text.indexOf('after'));
    leave.abort();
    await done;
  });

  test('a reader that stalls costs its buffer, gets no heartbeats, and frees everything when it goes', async () => {
    const sink = new MemorySink(1);
    const { hub, log, leave, done } = open({ encoding: 'ndjson' }, sink);
    log.info('first');
    await clock.advance(0);
    for (let i = 0; i < 1_000; i += 1) log.info('x'.repeat(10_000));
    await clock.advance(60_000);
    expect(sink.writes).toHaveLength(1);
    expect(hub.subscribers).toBe(1);
    leave.abort();
    await done;
    expect([hub.subscribers, clock.pending]).toEqual([0, 0]);
  });

  test('a sink that throws ends its stream with what it threw, not the log call', async () => {
    const { hub, log, done } = open({}, {
      write: (bytes: Uint8Array) => {
        if (Buffer.from(bytes).toString().startsWith('retry')) return true;
        throw new Error('socket gone');
      },
      onDrain: () => undefined,
    } as unknown as MemorySink);
    const failed = expect(done).rejects.toThrow('socket gone');
    log.info('m');
    await failed;
    expect([hub.subscribers, clock.pending]).toEqual([0, 0]);
  });

  test('a signal that is aborted already opens nothing', async () => {
    const hub = hubWith(clock);
    const over = AbortSignal.abort();
    const options = { level: 'info', json: false, location: false, start: { kind: 'now' }, follow: true } as const;
    const stream = new FollowStream({ ...options, encoding: 'plain' }, { hub, clock, history: undefined });
    await stream.run(new MemorySink(), { signal: over });
    expect([hub.subscribers, clock.pending]).toEqual([0, 0]);
  });
});

describe('what a reader wants', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  test.each([
    ['a logger and all below it', { loggers: ['nomad.gossip'] }, ['joined', 'probe']],
    ['any of several loggers', { loggers: ['http', 'nomad.gossip.probe'] }, ['probe', 'request']],
    ['a text', { text: 'join' }, ['joined']],
    ['a text in a field, as it is printed', { text: 'peer="a b"' }, ['probe']],
    ['no text of time or level', { text: 'INFO' }, []],
    ['a pattern', { pattern: compilePattern('^nomad\\.\\w+: ') }, ['joined', 'nomadic']],
    ['a field of the call', { fields: [['peer', 'a b']] }, ['probe']],
    ['a field of the logger', { fields: [['region', 'north']] }, ['joined', 'probe']],
    ['a number', { fields: [['code', '404']] }, ['request']],
    [
      'all fields',
      {
        fields: [
          ['region', 'north'],
          ['peer', 'a b'],
        ],
      },
      ['probe'],
    ],
    ['no field that an object inherits', { fields: [['toString', '']] }, []],
    ['everything at once', { loggers: ['nomad'], text: 'probe', fields: [['region', 'north']] }, ['probe']],
  ] as const)('%s, live and from the ring alike', async (_, wanted, expected) => {
    const clock = new SimClock();
    const history = ringIn(folder.path, clock);
    const hub = hubWith(clock, history);
    const queue = hub.openQueue({
      level: 'info',
      json: false,
      location: false,
      accepts: (record) => new LogFilter(wanted as never, { clock }).accepts(record),
    });
    const gossip = hub.logger('nomad').named('gossip').with({ region: 'north' });
    gossip.info('joined');
    gossip.named('probe').info('probe', { peer: 'a b' });
    hub.logger('nomad').named('raft').info('nomadic');
    hub.logger('http').info('request', { code: 404 });
    const live: string[] = [];
    for (let item = queue.take(); item !== undefined; item = queue.take()) live.push(...(shown([item]) as string[]));
    const past = shown(await itemsOf({ clock, hub, history }, wanted as never)) as string[];
    const short = (lines: readonly string[]): string[] =>
      lines.map((line) => ['joined', 'probe', 'nomadic', 'request'].find((word) => line.includes(`: ${word}`)) ?? line);
    expect(short(live)).toEqual(expected);
    expect(past).toEqual(live);
    queue.close();
    await history.close();
  });

  test('a pattern that costs too much loses its reader records, and the agent next to nothing', () => {
    // Time passes while the pattern is tried.
    let ms = 0;
    const clock = Object.assign(new SimClock(), { monotonic: () => ms });
    let tried = 0;
    const pattern = {
      test: () => {
        ms += 15;
        tried += 1;
        return true;
      },
    };
    const hub = hubWith(clock);
    const filter = new LogFilter({ pattern }, { clock });
    const options = { level: 'info', json: false, location: false } as const;
    const queue = hub.openQueue({ ...options, accepts: (record) => filter.accepts(record) });
    const first = hub.nextSequence;
    for (let i = 0; i < 10; i += 1) hub.logger('').info(`${i}`);
    expect(tried).toBe(2);
    ms = 1_000;
    hub.logger('').info('later');
    const items = [queue.take(), queue.take(), queue.take(), queue.take()];
    expect(items).toMatchObject([
      { sequence: first },
      { sequence: first + 1 },
      { kind: 'gap', from: first + 2, to: first + 9, lost: 8 },
      { sequence: first + 10 },
    ]);
    queue.close();
  });
});
