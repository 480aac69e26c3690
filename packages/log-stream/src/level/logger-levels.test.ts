import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { LogHubImpl } from '../hub/log-hub-impl.js';

const start = () => {
  const clock = new SimClock();
  const hub = new LogHubImpl({ level: 'info' }, { clock });
  const lines: string[] = [];
  hub.addSink({ write: (line) => void lines.push(line.replace(/^.*?\] {1,2}/, '').trimEnd()) });
  return { clock, hub, lines };
};

describe('the level of some loggers for some time', () => {
  test('holds for the logger and those below it, and ends by itself', async () => {
    const { clock, hub, lines } = start();
    const gossip = hub.logger('nomad.gossip');
    hub.setLoggerLevel('nomad.gossip', 'debug', 60_000);
    gossip.debug('seen');
    gossip.named('probe').debug('seen, too');
    hub.logger('nomad.gossiper').debug('not below it');
    hub.logger('nomad').debug('above it');
    expect(gossip.isEnabled('debug')).toBe(true);
    expect(hub.loggerLevels).toEqual([{ logger: 'nomad.gossip', level: 'debug', expiresAt: clock.now() + 60_000 }]);
    await clock.advance(60_000);
    gossip.debug('over');
    expect(gossip.isEnabled('debug')).toBe(false);
    expect([hub.loggerLevels, clock.pending]).toEqual([[], 0]);
    expect(lines).toEqual(['nomad.gossip: seen', 'nomad.gossip.probe: seen, too']);
  });

  test('the longest name decides, in either direction; the empty one is every logger', () => {
    const { hub, lines } = start();
    hub.setLoggerLevel('', 'trace', 1_000);
    hub.setLoggerLevel('nomad', 'error', 1_000);
    hub.setLoggerLevel('nomad.rpc', 'debug', 1_000);
    hub.logger('http').trace('1');
    hub.logger('').trace('2');
    hub.logger('nomad').warn('quiet');
    hub.logger('nomad.gossip').warn('quiet');
    hub.logger('nomad.rpc').debug('3');
    hub.logger('nomad.rpc').trace('too fine');
    expect(lines).toEqual(['http: 1', '2', 'nomad.rpc: 3']);
  });

  test('what is set again counts from then on; what is ended is over', async () => {
    const { clock, hub } = start();
    hub.setLoggerLevel('a', 'debug', 1_000);
    await clock.advance(900);
    hub.setLoggerLevel('a', 'trace', 1_000);
    await clock.advance(900);
    expect(hub.loggerLevels).toMatchObject([{ logger: 'a', level: 'trace' }]);
    expect([hub.clearLoggerLevel('a'), hub.clearLoggerLevel('a'), clock.pending]).toEqual([true, false, 0]);
  });

  test('streams keep their own thresholds, and other loggers build no record for it', () => {
    const { hub, lines } = start();
    const stream = hub.subscribe({ level: 'warn' });
    hub.setLoggerLevel('a', 'trace', 1_000);
    const before = hub.nextSequence;
    hub.logger('b').debug('nobody wants it');
    expect(hub.nextSequence).toBe(before);
    hub.logger('a').debug('for the output only');
    expect([stream.take(), lines]).toEqual([undefined, ['a: for the output only']]);
    stream.close();
  });

  test('there are no more of them than there may be, and none by a name no logger has', () => {
    const { hub } = start();
    for (let i = 0; i < 64; i += 1) hub.setLoggerLevel(`l${i}`, 'debug', 1_000);
    expect(() => hub.setLoggerLevel('one more', 'debug', 1_000)).toThrow('invalid logger name: "one more"');
    expect(() => hub.setLoggerLevel('more', 'debug', 1_000)).toThrow('there are log levels for 64 loggers already');
    hub.setLoggerLevel('l7', 'trace', 1_000);
    expect(hub.loggerLevels).toHaveLength(64);
  });
});
