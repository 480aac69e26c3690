import { describe, expect, test } from '@jest/globals';
import type { LogLevel } from '@steppe/runtime';
import { SimClock } from '@steppe/testing';
import { LogHubImpl } from '../hub/log-hub-impl.js';
import { MemorySink } from '../testing/memory-sink.js';
import type { ByteSink } from './byte-sink.js';
import { MonitorStream } from './monitor-stream.js';
import type { MonitorOptions } from './monitor-stream.js';

const DROP_LINE = /\[WARN\] Monitor dropped (\d+) logs during monitor request\n/g;
/** `2031-05-06T07:08:09.123Z [INFO]  n: ` and the line feed. */
const OVERHEAD = 37;

const open = (options: Partial<MonitorOptions> = {}, agentLevel: LogLevel = 'info') => {
  const clock = new SimClock();
  const hub = new LogHubImpl({ level: agentLevel, zoneOffsetMinutes: () => 0 }, { clock });
  const abort = new AbortController();
  const attach = <S extends ByteSink>(
    sink: S,
    more: Partial<MonitorOptions> = {},
  ): { sink: S; done: Promise<void> } => ({
    sink,
    done: new MonitorStream({ level: 'info', ...options, ...more }, { hub, clock }).run(sink, { signal: abort.signal }),
  });
  const { sink, done } = attach(new MemorySink());
  return { clock, hub, logger: hub.logger('n'), abort, attach, sink, done };
};

/** A message that makes the whole record `bytes` long. */
const messageOf = (bytes: number): string => 'x'.repeat(bytes - OVERHEAD);

const lossOf = (text: string): number =>
  [...text.matchAll(DROP_LINE)].reduce((sum, match) => sum + Number(match[1]), 0);

const deliveredOf = (text: string): number => text.replace(DROP_LINE, '').split('\n').length - 1;

describe('MonitorStream', () => {
  test('row 1: one record is one frame without offset and without a line feed', async () => {
    const { clock, logger, sink } = open();
    logger.warn('m');
    await clock.advance(250);
    const data = Buffer.from('2031-05-06T07:08:09.123Z [WARN]  n: m\n').toString('base64');
    expect(sink.text).toBe(`{"Data":"${data}","FileEvent":"log"}`);
  });

  test('row 2: an idle stream beats each second', async () => {
    const { clock, sink } = open();
    await clock.advance(3_500);
    expect(sink.text).toBe('{}{}{}');
  });

  test('row 3: a busy stream beats as well', async () => {
    const { clock, logger, sink } = open();
    clock.setTicker(100, () => logger.info('m'));
    await clock.advance(2_500);
    expect(sink.heartbeats).toBe(2);
    expect(sink.frames.length).toBeGreaterThan(10);
  });

  test('row 4: a record waits for the next tick of 200 ms, counted from the start of the stream', async () => {
    const { clock, logger, sink } = open();
    await clock.advance(150);
    logger.info('m');
    await clock.advance(49);
    expect(sink.writes).toHaveLength(0);
    await clock.advance(1);
    expect(sink.writes).toHaveLength(1);
  });

  test('row 5: a record of 2500 bytes is two full frames at once, the rest with the tick', async () => {
    const { clock, logger, sink } = open();
    logger.info(messageOf(2_500));
    await clock.advance(1);
    expect(sink.frames.map(({ data, offset }) => [data.length, offset])).toEqual([
      [1_024, 0],
      [1_024, 1_024],
    ]);
    await clock.advance(200);
    expect(sink.frames.map(({ data, offset }) => [data.length, offset])).toEqual([
      [1_024, 0],
      [1_024, 1_024],
      [452, 2_048],
    ]);
    expect(sink.text.startsWith('{"Data":"')).toBe(true);
    expect(sink.text.split('"Offset"')).toHaveLength(3);
  });

  test('row 6: a record of exactly one frame leaves a frame without data behind', async () => {
    const { clock, logger, sink } = open();
    logger.info(messageOf(1_024));
    await clock.advance(400);
    expect(sink.frames.map(({ data }) => data.length)).toEqual([1_024, 0]);
    expect(sink.text.endsWith('}{"FileEvent":"log","Offset":1024}')).toBe(true);
  });

  test('row 7: after a pause offsets begin anew', async () => {
    const { clock, logger, sink } = open();
    for (let i = 0; i < 40; i += 1) logger.info(messageOf(100));
    await clock.advance(400);
    logger.info('last');
    await clock.advance(200);
    const offsets = sink.frames.map((frame) => frame.offset);
    expect(offsets).toEqual([0, 1_024, 2_048, 3_072, 0]);
  });

  test('row 8: frames end between characters, and nothing is lost', async () => {
    const { clock, logger, sink } = open({ json: true });
    let expected = '';
    for (const [message, times] of [
      ['木', 1_000],
      ['é', 700],
      ['x😀', 900],
      ['é木😀', 300],
    ] as const) {
      logger.info(message.repeat(times));
      expected += message.repeat(times);
    }
    await clock.advance(200);
    for (const { data } of sink.frames) {
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(data)).not.toThrow();
      expect(data.length).toBeLessThanOrEqual(1_024);
    }
    const messages = sink.payload
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { '@message': string })['@message']);
    expect(messages.join('')).toBe(expected);
  });

  test('row 9: split at }{ every part is JSON with its keys in order', async () => {
    const { clock, logger, sink } = open();
    for (let i = 0; i < 30; i += 1) {
      logger.info(messageOf(50 + i * 97));
      await clock.advance(90);
    }
    const parts = sink.text
      .split('}{')
      .map((part, i, all) => `${i === 0 ? '' : '{'}${part}${i === all.length - 1 ? '' : '}'}`);
    for (const part of parts) {
      const keys = Object.keys(JSON.parse(part) as object);
      expect(keys).toEqual(keys.toSorted());
    }
    expect(sink.text).not.toContain('\n');
  });

  test('row 11: a stream finer than the agent gets what the agent does not print', async () => {
    const { clock, logger, sink } = open({ level: 'debug' }, 'error');
    logger.debug('fine');
    await clock.advance(200);
    expect(sink.payload).toContain('[DEBUG] n: fine');
  });

  test('row 12: off carries heartbeats only', async () => {
    const { clock, logger, sink } = open({ level: 'off' });
    logger.error('bad');
    await clock.advance(1_000);
    expect(sink.text).toBe('{}');
  });

  test('row 18: plain is the raw line', async () => {
    const { clock, logger, sink } = open({ plain: true });
    logger.info('m');
    await clock.advance(200);
    expect(sink.text).toBe('2031-05-06T07:08:09.123Z [INFO]  n: m\n');
  });

  test('row 19: plain and idle is silent, also after a full frame', async () => {
    const { clock, logger, sink } = open({ plain: true });
    await clock.advance(3_000);
    expect(sink.writes).toHaveLength(0);
    logger.info(messageOf(1_024));
    await clock.advance(3_000);
    expect(sink.writes).toHaveLength(1);
  });

  test.each([false, true])(
    'rows 29 and 30: a stalled reader gets the drop line and an exact account (json %s)',
    async (json) => {
      const { clock, logger, attach } = open();
      const { sink } = attach(new MemorySink(1), { json });
      const sent = 100_000;
      for (let i = 0; i < sent; i += 1) {
        logger.info('m');
        if (i % 5_000 === 0) await clock.advance(1);
      }
      await clock.advance(3_000);
      expect(sink.writes).toHaveLength(1);
      sink.release();
      await clock.advance(3_500);
      logger.info('m');
      await clock.advance(300);
      expect(deliveredOf(sink.payload) + lossOf(sink.payload)).toBe(sent + 1);
      expect(lossOf(sink.payload)).toBeGreaterThan(80_000);
      expect(sink.payload).toMatch(/\n\[WARN\] Monitor dropped \d+ logs during monitor request\n/);
    },
  );

  test('row 31: a healthy reader beside a stalled one loses nothing', async () => {
    const { clock, logger, attach, sink } = open();
    const { sink: stalled } = attach(new MemorySink(1));
    const bursts = 20;
    for (let burst = 0; burst < bursts; burst += 1) {
      for (let i = 0; i < 5_000; i += 1) logger.info('m');
      await clock.advance(10);
    }
    await clock.advance(200);
    expect(deliveredOf(sink.payload)).toBe(bursts * 5_000);
    expect(stalled.writes).toHaveLength(1);
  });

  test('a burst larger than the buffer loses nothing while the reader keeps up', async () => {
    const { clock, logger, sink } = open({ maxRecords: 100 });
    for (let i = 0; i < 5_000; i += 1) logger.info('m');
    await clock.advance(200);
    expect(deliveredOf(sink.payload)).toBe(5_000);
  });

  test('row 32: a reader stalled for a minute costs its buffer and no more', async () => {
    const { clock, logger, attach, abort } = open({ level: 'off' });
    const { sink } = attach(new MemorySink(1), { level: 'info', maxBytes: 10_000 });
    for (let second = 0; second < 60; second += 1) {
      for (let i = 0; i < 100; i += 1) logger.info(messageOf(100));
      await clock.advance(1_000);
    }
    const stalledAt = sink.writes.length;
    expect(stalledAt).toBe(1);
    sink.release();
    await clock.advance(100);
    expect(sink.payload.length).toBeLessThan(12_000);
    abort.abort();
  });

  test('a reader that is behind gets no heartbeats, and takes up within a line where it stopped', async () => {
    const { clock, logger, attach } = open({ level: 'off' });
    const { sink } = attach(new MemorySink(1), { level: 'info' });
    const text = messageOf(5_000);
    logger.info(text);
    await clock.advance(5_000);
    expect(sink.writes).toHaveLength(1);
    sink.release(2);
    await clock.advance(5_000);
    expect(sink.writes).toHaveLength(3);
    sink.release();
    await clock.advance(200);
    expect(sink.payload).toContain(`n: ${text}\n`);
  });

  test('row 35: after the abort nothing is left, and the stream resolves', async () => {
    const { clock, hub, logger, abort, attach, done } = open();
    const { done: stalled, sink } = attach(new MemorySink(1));
    logger.info(messageOf(3_000));
    await clock.advance(50);
    logger.info('scheduled');
    expect(hub.subscribers).toBe(2);
    abort.abort();
    await Promise.all([done, stalled]);
    expect(hub.subscribers).toBe(0);
    expect(clock.pending).toBe(0);
    sink.release();
    expect(sink.writes).toHaveLength(1);
  });

  test('a signal that is aborted already opens nothing', async () => {
    const { clock, hub, abort, attach, done } = open();
    abort.abort();
    await done;
    await attach(new MemorySink()).done;
    expect([hub.subscribers, clock.pending]).toEqual([0, 0]);
  });

  test('a sink that throws ends its stream, not the log call', async () => {
    const { clock, hub, logger, attach } = open();
    const { done } = attach({
      write: () => {
        throw new Error('socket gone');
      },
      onDrain: () => undefined,
    });
    const failed = expect(done).rejects.toThrow('socket gone');
    logger.info(messageOf(2_000));
    await clock.advance(10);
    await failed;
    expect(hub.subscribers).toBe(1);
  });
});
