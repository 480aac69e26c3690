import { describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import type { LogFields } from '@steppe/runtime';
import { LogDuration } from '../record/log-duration.js';
import type { LogRecord } from '../record/log-record.js';
import { jsonFormat } from './json-line.js';
import { LocalTime } from './local-time.js';

const TIME = Date.UTC(2031, 4, 6, 7, 8, 9) + 123.456;

const format = (record: Partial<LogRecord>, zoneMinutes = 0): string =>
  jsonFormat(new LocalTime(() => zoneMinutes))(
    { level: 'warn', time: TIME, name: 'nomad.raft', message: 'm', implied: [], fields: {}, ...record },
    { location: false },
  );

/** The text of the value in a line with that one field. */
const rendered = (value: unknown): string => {
  const line = format({ name: '', fields: { k: value } });
  const start = '{"@level":"warn","@message":"m","@timestamp":"2031-05-06T07:08:09.123456Z","k":';
  expect(line.slice(0, start.length)).toBe(start);
  expect(line.endsWith('}\n')).toBe(true);
  return line.slice(start.length, -2);
};

describe('JSON line', () => {
  test('row 20: keys sorted, six digits of a second', () => {
    const fields: LogFields = { reason: 'queue full', peer: '10.0.0.7:4647', elapsed: LogDuration.ofMs(1_250) };
    expect(format({ message: 'heartbeat late', fields })).toBe(
      '{"@level":"warn","@message":"heartbeat late","@module":"nomad.raft","@timestamp":"2031-05-06T07:08:09.123456Z","elapsed":1250000000,"peer":"10.0.0.7:4647","reason":"queue full"}\n',
    );
  });

  test('digits sort before @, upper case after it, and all by bytes', () => {
    const fields: LogFields = { b: 1, A: 2, '0': 3, '\u{1f600}': 4, '\uffee': 5 };
    const keys = [...format({ name: '', fields }).matchAll(/"([^"]+)":/g)].map((match) => match[1]);
    expect(keys.filter((key) => key !== '2031-05-06T07' && key !== '08')).toEqual([
      '0',
      '@level',
      '@message',
      '@timestamp',
      'A',
      'b',
      '\uffee',
      '\u{1f600}',
    ]);
  });

  test('an empty name leaves out @module', () => {
    expect(format({ name: '' })).not.toContain('@module');
  });

  test.each([
    [120, '2031-05-06T09:08:09.123456+02:00'],
    [-210, '2031-05-06T03:38:09.123456-03:30'],
  ])('row 27: a zone of %d minutes has a colon', (minutes, expected) => {
    expect(JSON.parse(format({}, minutes))).toMatchObject({ '@timestamp': expected });
  });

  test('a clock without microseconds pads them', () => {
    expect(format({ time: Date.UTC(2031, 4, 6, 7, 8, 9, 7) })).toContain('"2031-05-06T07:08:09.007000Z"');
  });

  test('a field named like a key of the record replaces it; of two with one name the later counts', () => {
    const line = format({ implied: [['x', 1]], fields: { '@module': 'mine', x: 2 } });
    expect(JSON.parse(line)).toMatchObject({ '@module': 'mine', x: 2 });
    expect(line.match(/"x":/g)).toHaveLength(1);
  });

  test.each<[string, unknown, string]>([
    ['row 21: markup', '<a>&', '"\\u003ca\\u003e\\u0026"'],
    ['line separators', '\u2028\u2029', '"\\u2028\\u2029"'],
    ['broken text', 'a\ud800b', '"a\\ufffdb"'],
    ['controls', '\u0001\n\t"\\', '"\\u0001\\n\\t\\"\\\\"'],
    ['a duration', LogDuration.ofMs(1_503), '1503000000'],
    ['an error', new Error('it <broke>'), '"it \\u003cbroke\\u003e"'],
    ['bytes', new Uint8Array([1, 2, 3]), '"AQID"'],
    ['a bigint', 18_446_744_073_709_551_615n, '18446744073709551615'],
    ['a number', 1.5, '1.5'],
    ['no number', Number.NaN, '"NaN"'],
    ['infinity', Number.NEGATIVE_INFINITY, '"-Inf"'],
    ['null', null, 'null'],
    ['undefined', undefined, 'null'],
    ['a list', ['a', 1, undefined, { y: 1, x: new Error('e') }], '["a",1,null,{"x":"e","y":1}]'],
    ['a secret', new Secret('hunter2'), '"\\u003credacted\\u003e"'],
    ['an empty secret', new Secret(''), '""'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [
      'a map',
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
      '{"a":2,"b":1}',
    ],
    ['a set', new Set([1, 2]), '[1,2]'],
  ])('value: %s', (_title, value, expected) => {
    expect(rendered(value)).toBe(expected);
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const failing = {
    toJSON(): never {
      throw new Error('no');
    },
  };

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['an object that contains itself', circular],
    ['an object that fails', failing],
  ])('%s leaves only the record’s own keys and a warning', (_title, value) => {
    expect(format({ fields: { a: 1, k: value } })).toBe(
      '{"@level":"warn","@message":"m","@module":"nomad.raft","@timestamp":"2031-05-06T07:08:09.123456Z","@warn":"logging contained values that don\'t serialize to json"}\n',
    );
  });
});
