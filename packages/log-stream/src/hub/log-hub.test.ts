import { describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import type { LogLevel } from '@steppe/runtime';
import { SimClock } from '@steppe/testing';
import { textFormat } from '../format/text-line.js';
import { jsonFormat } from '../format/json-line.js';
import { LocalTime } from '../format/local-time.js';
import type { LineFormat } from '../record/log-record.js';
import type { LogHubOptions } from './log-hub.js';
import { LogHubImpl } from './log-hub-impl.js';
import type { LogSubscription } from './subscription.js';

const utc = (): number => 0;
const newHub = (level: LogLevel = 'info', options: Partial<LogHubOptions> = {}): LogHubImpl =>
  new LogHubImpl({ level, zoneOffsetMinutes: utc, ...options }, { clock: new SimClock() });

const drain = (subscription: LogSubscription): string => {
  let text = '';
  for (let line = subscription.take(); line !== undefined; line = subscription.take())
    text += Buffer.from(line).toString();
  return text;
};

const outputOf = (hub: LogHubImpl): string[] => {
  const lines: string[] = [];
  hub.addSink({ write: (line) => void lines.push(line) });
  return lines;
};

describe('LogHub', () => {
  test('names nest with dots; `with` sorts by key and the later value wins', () => {
    const hub = newHub();
    const lines = outputOf(hub);
    const root = hub.logger('');
    expect(root.name).toBe('');
    const logger = root.named('nomad').named('gossip').with({ z: 1, a: 1 }).with({ a: 2 });
    expect(logger.name).toBe('nomad.gossip');
    logger.info('joined', { b: 3 });
    expect(lines).toEqual(['2031-05-06T07:08:09.123Z [INFO]  nomad.gossip: joined: a=2 z=1 b=3\n']);
  });

  test('row 10: a subscription hears its own level and above', () => {
    const hub = newHub();
    const subscription = hub.subscribe({ level: 'info' });
    const logger = hub.logger('agent');
    logger.debug('hidden');
    logger.info('seen');
    expect(drain(subscription)).toBe('2031-05-06T07:08:09.123Z [INFO]  agent: seen\n');
  });

  test.each<[LogLevel, LogLevel, string[]]>([
    ['error', 'debug', ['debug', 'info', 'warn', 'error']],
    ['debug', 'error', ['error']],
    ['off', 'trace', ['trace', 'debug', 'info', 'warn', 'error']],
    ['trace', 'off', []],
  ])('row 11: agent at %s, stream at %s', (agent, stream, expected) => {
    const hub = newHub(agent);
    const output = outputOf(hub);
    const subscription = hub.subscribe({ level: stream });
    const logger = hub.logger('n');
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level](level);
    expect(drain(subscription).match(/(?<=n: )\w+/g) ?? []).toEqual(expected);
    const own = newHub(agent);
    const without = outputOf(own);
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) own.logger('n')[level](level);
    expect(output).toEqual(without);
  });

  test('a guard asks the lowest of the agent and every stream', () => {
    const hub = newHub('warn');
    const logger = hub.logger('n');
    expect(logger.isEnabled('error')).toBe(false);
    hub.addSink({ write: () => undefined });
    expect(logger.isEnabled('info')).toBe(false);
    const subscription = hub.subscribe({ level: 'debug' });
    expect(logger.isEnabled('debug')).toBe(true);
    expect(logger.isEnabled('trace')).toBe(false);
    subscription.close();
    expect(logger.isEnabled('info')).toBe(false);
    expect(logger.isEnabled('warn')).toBe(true);
  });

  test('a new level changes the outputs and leaves running streams alone', () => {
    const hub = newHub('info');
    const output = outputOf(hub);
    const subscription = hub.subscribe({ level: 'warn' });
    hub.setLevel('trace');
    expect(hub.level).toBe('trace');
    hub.logger('n').trace('fine');
    hub.setLevel('off');
    hub.logger('n').error('bad');
    expect(output.join('')).toContain('fine');
    expect(output.join('')).not.toContain('bad');
    expect(drain(subscription)).toContain('bad');
  });

  test('a sink may be coarser than the agent, never finer', () => {
    const hub = newHub('info');
    const coarse: string[] = [];
    const fine: string[] = [];
    hub.addSink({ level: 'error', write: (line) => void coarse.push(line) });
    const remove = hub.addSink({ level: 'trace', write: (line) => void fine.push(line) });
    const logger = hub.logger('n');
    logger.debug('one');
    logger.info('two');
    logger.error('three');
    expect(coarse).toHaveLength(1);
    expect(fine).toHaveLength(2);
    remove();
    logger.error('four');
    expect(coarse).toHaveLength(2);
    expect(fine).toHaveLength(2);
  });

  test('outputs print JSON when the agent is told to', () => {
    const hub = newHub('info', { json: true });
    const output = outputOf(hub);
    hub.logger('n').info('m', { k: 1 });
    expect(JSON.parse(output.join(''))).toEqual({
      '@level': 'info',
      '@message': 'm',
      '@module': 'n',
      '@timestamp': '2031-05-06T07:08:09.123000Z',
      k: 1,
    });
  });

  test('row 33: readers that want the same share one formatting', () => {
    const time = new LocalTime(utc);
    const calls: string[] = [];
    const counted =
      (kind: string, format: LineFormat): LineFormat =>
      (record, options) => {
        calls.push(`${kind} ${options.location ? 'with' : 'without'} location`);
        return format(record, options);
      };
    const hub = new LogHubImpl(
      { level: 'info' },
      {
        clock: new SimClock(),
        formats: { text: counted('text', textFormat(time)), json: counted('json', jsonFormat(time)) },
      },
    );
    for (let i = 0; i < 10; i += 1) hub.subscribe({ level: 'debug' });
    outputOf(hub);
    hub.logger('n').info('one');
    expect(calls).toEqual(['text without location']);
    hub.subscribe({ level: 'debug', json: true });
    hub.subscribe({ level: 'debug', location: true });
    calls.length = 0;
    hub.logger('n').info('two');
    expect(calls.sort()).toEqual(['json without location', 'text with location', 'text without location']);
  });

  test('row 34: what nobody wants to see builds no record', () => {
    let asked = 0;
    class AskedClock extends SimClock {
      override now(): number {
        asked += 1;
        return super.now();
      }
    }
    const hub = new LogHubImpl({ level: 'info' }, { clock: new AskedClock() });
    const logger = hub.logger('n');
    asked = 0;
    logger.error('no output, no reader');
    outputOf(hub);
    logger.debug('below the level');
    hub.subscribe({ level: 'info' });
    logger.debug('below both');
    expect(asked).toBe(0);
    logger.info('seen');
    expect(asked).toBe(1);
  });

  test('row 28: the caller stands after the level in text and in @caller in JSON', () => {
    const hub = newHub();
    const text = hub.subscribe({ level: 'info', location: true });
    const json = hub.subscribe({ level: 'info', location: true, json: true });
    const blind = hub.subscribe({ level: 'info' });
    hub.logger('agent').with({ k: 1 }).info('m');
    expect(drain(text)).toMatch(/^\S+ \[INFO\] {2}hub\/log-hub\.test\.ts:\d+: agent: m: k=1\n$/);
    const { '@caller': caller } = JSON.parse(drain(json)) as Record<string, string>;
    expect(caller).toMatch(/^\/.+\/src\/hub\/log-hub\.test\.ts:\d+$/);
    expect(drain(blind)).toMatch(/ \[INFO\] {2}agent: m: k=1\n$/);
  });

  test('locations are captured only from the level on at which somebody wants them', () => {
    const seen: boolean[] = [];
    const format: LineFormat = (record) => {
      seen.push(record.callSite !== undefined);
      return 'x\n';
    };
    const hub = new LogHubImpl({ level: 'trace' }, { clock: new SimClock(), formats: { text: format, json: format } });
    outputOf(hub);
    const subscription = hub.subscribe({ level: 'warn', location: true });
    const logger = hub.logger('n');
    logger.info('1');
    logger.warn('2');
    subscription.close();
    logger.warn('3');
    expect(seen).toEqual([false, true, true, false]);
  });

  test('secrets print redacted in both forms', () => {
    const hub = newHub();
    const text = hub.subscribe({ level: 'info' });
    const json = hub.subscribe({ level: 'info', json: true });
    hub
      .logger('n')
      .with({ a: new Secret('hunter2') })
      .info('m', { b: [new Secret('hunter2')], c: { d: new Secret('hunter2') } });
    for (const line of [drain(text), drain(json)]) {
      expect(line).toContain('redacted');
      expect(line).not.toContain('hunter2');
    }
  });

  test('an output that logs or throws disturbs nobody', () => {
    const hub = newHub();
    const logger = hub.logger('n');
    hub.addSink({
      write: () => {
        logger.error('from within');
        throw new Error('disk full');
      },
    });
    const output = outputOf(hub);
    logger.info('m');
    logger.info('m');
    expect(output).toHaveLength(2);
  });

  test('nothing arrives before subscribing or after closing', () => {
    const hub = newHub();
    hub.logger('n').info('early');
    const subscription = hub.subscribe({ level: 'info' });
    expect(hub.subscribers).toBe(1);
    hub.logger('n').info('in time');
    expect(subscription.size).toBe(1);
    subscription.close();
    subscription.close();
    hub.logger('n').info('late');
    expect(subscription.take()).toBeUndefined();
    expect(hub.subscribers).toBe(0);
  });
});
