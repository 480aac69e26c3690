import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { LogHubImpl } from '../hub/log-hub-impl.js';
import { hubConsole } from './hub-console.js';
import { pinoDestination } from './pino-destination.js';
import { WinstonTransport } from './winston-transport.js';

const start = () => {
  const hub = new LogHubImpl({ level: 'trace', zoneOffsetMinutes: () => 0 }, { clock: new SimClock() });
  const lines: string[] = [];
  hub.addSink({ write: (line) => void lines.push(line.replace(/^\S+ /, '').trimEnd()) });
  return { hub, log: hub.logger('app'), lines };
};

describe('pinoDestination', () => {
  test.each([
    ['{"level":10,"time":1,"pid":7,"hostname":"h","msg":"m"}\n', '[TRACE] app: m'],
    ['{"level":20,"time":1,"msg":"m","a":"b c","n":1}\n', '[DEBUG] app: m: a="b c" n=1'],
    ['{"level":35,"time":1,"name":"db","msg":"m"}\n', '[INFO]  app.db: m'],
    [
      '{"level":40,"err":{"type":"Error","message":"it failed","stack":"…"},"msg":"m"}\n',
      '[WARN]  app: m: error="it failed"',
    ],
    ['{"level":60,"msg":"m"}\n', '[ERROR] app: m'],
    ['{"level":"fatal","msg":"m"}\n', '[ERROR] app: m'],
    ['{"level":"debug"}\n', '[DEBUG] app'],
    ['{"level":30,"msg":"two\\nlines","__proto__":1}\n', '[INFO]  app: two\nlines: __proto__=1'],
    ['plain text\n', '[INFO]  app: plain text'],
    ['[1,2]\n', '[INFO]  app: [1,2]'],
    ['null\n', '[INFO]  app: null'],
  ])('%j', (line, expected) => {
    const { log, lines } = start();
    pinoDestination(log).write(line);
    expect(lines).toEqual([expected]);
  });
});

describe('hubConsole', () => {
  test('prints as a console does, each call a record', () => {
    const { log, lines } = start();
    const out = hubConsole(log);
    out.log('%s is %d', 'x', 7, { a: [1] });
    out.info('i');
    out.debug('d');
    out.trace('t');
    out.warn(new Error('w').message);
    out.error('e', undefined);
    expect(lines).toEqual([
      '[INFO]  app: x is 7 { a: [ 1 ] }',
      '[INFO]  app: i',
      '[DEBUG] app: d',
      '[TRACE] app: t',
      '[WARN]  app: w',
      '[ERROR] app: e undefined',
    ]);
  });

  test('what nobody wants is not printed', () => {
    const { hub, log } = start();
    hub.setLevel('warn');
    let asked = 0;
    hubConsole(log).debug({
      get costly() {
        asked += 1;
        return 1;
      },
    });
    expect(asked).toBe(0);
  });
});

describe('WinstonTransport', () => {
  test('takes what winston writes, at its level, whatever a format has made of the name', () => {
    const { log, lines } = start();
    const transport = new WinstonTransport(log);
    // As winston asks of what it is given.
    expect([transport.writableObjectMode, transport.log.length]).toEqual([true, 2]);
    const level = Symbol.for('level');
    transport.write({ level: '\u001b[32minfo\u001b[39m', [level]: 'info', message: 'm', a: 'b c' });
    transport.write({ level: 'silly', message: 'm', label: 'db', timestamp: 'now' });
    transport.write({ level: 'crit', message: { odd: 1 } });
    transport.write({ level: 'constructor', message: 'm' });
    transport.write('no record');
    expect(lines).toEqual([
      '[INFO]  app: m: a="b c"',
      '[TRACE] app.db: m',
      '[ERROR] app: { odd: 1 }',
      '[INFO]  app: m',
    ]);
  });
});
