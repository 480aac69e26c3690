import { describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import type { LogFields, RecordLevel } from '@steppe/runtime';
import { fieldsFromPairs } from '../record/fields-from-pairs.js';
import { LogDuration } from '../record/log-duration.js';
import type { LogField } from '../record/log-record.js';
import { LocalTime } from './local-time.js';
import { textFormat } from './text-line.js';

const TIME = Date.UTC(2031, 4, 6, 7, 8, 9) + 123.999;

interface Example {
  readonly level?: RecordLevel;
  readonly name?: string;
  readonly message?: string;
  readonly implied?: readonly LogField[];
  readonly fields?: LogFields;
}

const format = (example: Example, zoneMinutes = 0): string =>
  textFormat(new LocalTime(() => zoneMinutes))(
    { level: 'info', time: TIME, name: '', message: '', implied: [], fields: {}, ...example },
    { location: false },
  );

/** What follows `k=` in a line with that one field. */
const rendered = (value: unknown): string => {
  const line = format({ name: 'n', message: 'm', fields: { k: value } });
  const start = '2031-05-06T07:08:09.123Z [INFO]  n: m: k=';
  expect(line.slice(0, start.length)).toBe(start);
  return line.slice(start.length, -1);
};

describe('text line', () => {
  test.each<[string, Example, string]>([
    [
      'all parts',
      { level: 'warn', name: 'nomad.raft', message: 'heartbeat late', fields: { peer: '10.0.0.7:4647' } },
      '[WARN]  nomad.raft: heartbeat late: peer=10.0.0.7:4647',
    ],
    ['a name without a message', { name: 'agent.http', fields: { k: 'v' } }, '[INFO]  agent.http: k=v'],
    ['a message without a name', { message: 'hello', fields: { k: 'v' } }, '[INFO]  hello: k=v'],
    ['nothing at all', {}, '[INFO]  '],
    ['a name alone', { name: 'agent' }, '[INFO]  agent'],
    [
      'a message is never quoted',
      { name: 'a', message: 'say "x"\n\tback\\slash' },
      '[INFO]  a: say "x"\n\tback\\slash',
    ],
    ['trace', { level: 'trace', message: 'm' }, '[TRACE] m'],
    ['debug', { level: 'debug', message: 'm' }, '[DEBUG] m'],
    ['error', { level: 'error', message: 'm' }, '[ERROR] m'],
  ])('%s', (_title, example, expected) => {
    expect(format(example)).toBe(`2031-05-06T07:08:09.123Z ${expected}\n`);
  });

  test.each([
    [120, '2031-05-06T09:08:09.123+0200'],
    [-210, '2031-05-06T03:38:09.123-0330'],
    [0, '2031-05-06T07:08:09.123Z'],
  ])('row 27: a zone of %d minutes has no colon', (minutes, expected) => {
    expect(format({ message: 'm' }, minutes)).toBe(`${expected} [INFO]  m\n`);
  });

  test('row 22: which values need quotes', () => {
    expect(['', 'a b', 'a"b', 'a+b', 'a=b', 'a\\b', 'a,b', 'x:/;@[]{}|`~-'].map(rendered)).toEqual([
      '""',
      '"a b"',
      '"a\\"b"',
      '"a+b"',
      'a=b',
      'a\\b',
      '"a,b"',
      'x:/;@[]{}|`~-',
    ]);
  });

  test.each(['!', '#', '$', '%', '&', "'", '(', ')', '*', '+', ',', ' '])('the character %j forces quotes', (char) => {
    expect(rendered(`a${char}b`)).toBe(`"a${char}b"`);
  });

  test.each([
    ['a\tb', '"a\\tb"'],
    ['\u0001', '"\\x01"'],
    ['\u001b[0m', '"\\x1b[0m"'],
    ['a\u200bb', '"a\\u200bb"'],
    ['\u0007\b\f\r\v', '"\\a\\b\\f\\r\\v"'],
    ['\u007f', '"\\u007f"'],
    ['\u00a0', '"\\u00a0"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['grüße 木', '"grüße 木"'],
    ['a \\ b', '"a \\ b"'],
    ['\ud800x', '"\ufffdx"'],
  ])('row 23: %j is escaped', (value, expected) => {
    expect(rendered(value)).toBe(expected);
  });

  test('row 24: a value of several lines is a block, and the next field follows three blanks', () => {
    const line = format({
      level: 'error',
      name: 'client.driver',
      message: 'plugin output',
      fields: { code: 2, out: 'first "x"\n\tsecond', id: 'a b' },
    });
    expect(line).toBe(
      [
        '2031-05-06T07:08:09.123Z [ERROR] client.driver: plugin output: code=2',
        '  out=',
        '  | first "x"',
        '  | \\tsecond',
        '   id="a b"',
        '',
      ].join('\n'),
    );
  });

  test('a block in last place ends the record with a line of two blanks', () => {
    expect(rendered('')).toBe('""');
    expect(format({ message: 'm', fields: { out: 'a\nb\n' } })).toBe(
      '2031-05-06T07:08:09.123Z [INFO]  m:\n  out=\n  | a\n  | b\n  \n',
    );
  });

  test('row 25: a last value without a key', () => {
    expect(format({ message: 'm', fields: fieldsFromPairs('a', 1, 'lonely one') })).toBe(
      '2031-05-06T07:08:09.123Z [INFO]  m: a=1 EXTRA_VALUE_AT_END="lonely one"\n',
    );
  });

  test('row 26: implied fields come first, and a key of both groups prints twice', () => {
    const implied: LogField[] = [
      ['a', 1],
      ['z', 2],
    ];
    expect(format({ message: 'm', implied, fields: { c: 3, a: 4 } })).toBe(
      '2031-05-06T07:08:09.123Z [INFO]  m: a=1 z=2 c=3 a=4\n',
    );
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const failing = {
    toJSON(): never {
      throw new Error('no');
    },
  };

  test.each<[string, unknown, string]>([
    ['an integer', 42, '42'],
    ['a negative integer', -42, '-42'],
    ['a whole number beyond 2^53', 1e21, '1000000000000000000000'],
    ['a bigint', 18_446_744_073_709_551_615n, '18446744073709551615'],
    ['a boolean', true, 'true'],
    ['a fraction', 999_999.5, '999999.5'],
    ['a large fraction', 1_234_567.5, '"1.2345675e+06"'],
    ['a small fraction', 0.00001, '1e-05'],
    ['a smallest fraction without exponent', 0.00025, '0.00025'],
    ['no number', Number.NaN, 'NaN'],
    ['infinity', Number.POSITIVE_INFINITY, '"+Inf"'],
    ['minus infinity', Number.NEGATIVE_INFINITY, '-Inf'],
    ['a duration', LogDuration.ofMs(1.503), '1.503ms'],
    ['a longer duration', LogDuration.ofMs(90_000), '1m30s'],
    ['a duration of microseconds', new LogDuration(1_500n), '"1.5µs"'],
    ['no duration', new LogDuration(0n), '0s'],
    ['an error', new Error('it broke'), '"it broke"'],
    ['an error of one word', new TypeError('broke'), 'broke'],
    ['null', null, '<nil>'],
    ['undefined', undefined, '<nil>'],
    ['an array', ['a', 'b c', 1], '["a", "b c", 1]'],
    ['an array of others', [new Error('a b'), new LogDuration(1n), null, true], '["a b", 1ns, <nil>, true]'],
    ['an empty array', [], '[]'],
    ['bytes', new Uint8Array([1, 2]), '[1, 2]'],
    ['a secret', new Secret('hunter2'), '<redacted>'],
    ['a secret within', { token: new Secret('hunter2') }, '"{\\"token\\":\\"\\u003credacted\\u003e\\"}"'],
    ['a plain object', { b: 1, a: 2 }, '"{\\"a\\":2,\\"b\\":1}"'],
    ['a date', new Date(TIME), '2031-05-06T07:08:09.123Z'],
    ['a function', () => 1, '<function>'],
    ['an object that contains itself', circular, '"[object Object]"'],
    ['an object that fails', failing, '"[object Object]"'],
  ])('value: %s', (_title, value, expected) => {
    expect(rendered(value)).toBe(expected);
  });
});
