import { describe, expect, test } from '@jest/globals';
import { encodeJson } from './json.js';
import {
  anyMap,
  decimal,
  duration,
  flag,
  integer,
  integerMap,
  list,
  map,
  object,
  optional,
  text,
  textList,
  textMap,
  timestamp,
  unixTime,
  wireSchema,
} from './wire-schema.js';

const INNER = wireSchema({ label: text('Label'), size: integer('Size', 3) });
const OUTER = wireSchema(
  {
    id: text('ID'),
    count: optional(integer('Count')),
    ratio: decimal('Ratio'),
    stop: flag('Stop'),
    waitMs: duration('Wait', 5_000),
    untilMs: timestamp('Until'),
    madeMs: unixTime('Made'),
    inner: object('Inner', INNER),
    inners: list('Inners', INNER),
    byName: map('ByName', INNER),
    names: textList('Names'),
    meta: textMap('Meta'),
    counts: integerMap('Counts'),
    config: anyMap('Config'),
  },
  { unsupported: { Volumes: 'volumes' } },
);

const FULL = {
  ID: 'a',
  Count: 0,
  Ratio: 0.5,
  Stop: true,
  Wait: 1_500_000_000,
  Until: '2026-02-03T10:00:00.5Z',
  Made: 1_700_000_000_123_000_000n,
  Inner: { Label: 'x', Size: 1 },
  Inners: [{ Label: 'y', Size: 3 }],
  ByName: { n: { Label: 'z', Size: 3 } },
  Names: ['b'],
  Meta: { k: 'v' },
  Counts: { c: 2 },
  Config: { deep: [{ x: null }] },
};

describe('wireSchema', () => {
  test('reads what it writes', () => {
    const value = OUTER.decode({ ...FULL, Made: Number(FULL.Made) }, 'Outer');
    expect(value).toMatchObject({ waitMs: 1_500, untilMs: Date.UTC(2026, 1, 3, 10, 0, 0, 500), count: 0 });
    expect(OUTER.encode(value)).toEqual({ ...FULL, Volumes: null });
    expect(OUTER.encodeSparse(value)).toEqual(FULL);
  });

  test.each([
    ['a full object', FULL],
    ['an empty one', {}],
    [
      'texts and keys that need escapes, and keys in no order',
      { ID: 'a"\n\u2028', Meta: { z: '\\', a: 'é', '"': '' } },
    ],
    ['a key that is no key elsewhere', JSON.parse('{"Meta":{"__proto__":"x"},"Counts":{"9":1,"10":2}}') as object],
    ['nested values of any kind', { Config: { b: [1, { d: 'x', c: null }], a: { y: 1e21, x: true } } }],
  ])('writes the text of what it encodes: %s', (_, given) => {
    const value = OUTER.decode({ ...given, Made: 1_700_000_000_123_000_000 }, 'Outer');
    expect(OUTER.write(value)).toBe(encodeJson(OUTER.encode(value)));
    expect(OUTER.writeSparse(value)).toBe(encodeJson(OUTER.encodeSparse(value)));
  });

  test('keys match in any case, unknown ones are ignored, and null is absent', () => {
    expect(OUTER.decode({ id: 'a', COUNT: 2, other: {}, Wait: null, Volumes: null }, 'Outer')).toEqual({
      ...OUTER.empty,
      id: 'a',
      count: 2,
    });
  });

  test('an empty object has the defaults, and writes lists, maps and objects as null', () => {
    expect(OUTER.decode({}, 'Outer')).toEqual(OUTER.empty);
    expect(OUTER.encode(OUTER.empty)).toEqual({
      ID: '',
      Count: null,
      Ratio: 0,
      Stop: false,
      Wait: 5_000_000_000,
      Until: '0001-01-01T00:00:00Z',
      Made: 0n,
      Inner: null,
      Inners: null,
      ByName: null,
      Names: null,
      Meta: null,
      Counts: null,
      Config: null,
      Volumes: null,
    });
    expect(OUTER.encodeSparse({ ...OUTER.empty, waitMs: 0 })).toEqual({});
  });

  test('durations may be texts', () => {
    expect(OUTER.decode({ Wait: '1m30s' }, 'Outer').waitMs).toBe(90_000);
  });

  test.each<[object, string]>([
    [{ ID: 7 }, 'Outer.ID must be a string, got 7'],
    [{ Count: 1.5 }, 'Outer.Count must be an integer, got 1.5'],
    [{ Count: 2 ** 60 }, 'Outer.Count must be an integer, got 1152921504606847000'],
    [{ Ratio: '1' }, 'Outer.Ratio must be a number, got "1"'],
    [{ Stop: 'yes' }, 'Outer.Stop must be true or false, got "yes"'],
    [{ Wait: 'soon' }, 'Outer.Wait must be a duration in nanoseconds, got "soon"'],
    [{ Until: 'soon' }, 'Outer.Until must be a time as in RFC 3339, got "soon"'],
    [{ Made: '1' }, 'Outer.Made must be Unix nanoseconds, got "1"'],
    [{ Inner: [] }, 'Outer.Inner must be an object, got []'],
    [{ Inners: {} }, 'Outer.Inners must be a list, got {}'],
    [{ Inners: [{}, { Size: 'x' }] }, 'Outer.Inners[1].Size must be an integer, got "x"'],
    [{ Names: ['a', null] }, 'Outer.Names[1] must be a string, got null'],
    [{ Meta: ['x'] }, 'Outer.Meta must be an object, got ["x"]'],
    [{ Meta: { k: 1 } }, 'Outer.Meta.k must be a string, got 1'],
    [{ ID: ['x'.repeat(100)] }, `Outer.ID must be a string, got ["${'x'.repeat(58)}…`],
    [{ Volumes: { a: {} } }, 'Outer.Volumes: volumes are not supported'],
  ])('%j is refused, naming the place', (value, message) => {
    expect(() => OUTER.decode(value, 'Outer')).toThrow(message);
  });

  test.each([{ Volumes: {} }, { Volumes: [] }, { volumes: false }, { Volumes: 0 }, { Volumes: '' }])(
    '%j asks for nothing',
    (value) => {
      expect(OUTER.decode(value, 'Outer')).toEqual(OUTER.empty);
    },
  );

  test('a key that names a part of every object is a key like any other', () => {
    const { meta } = OUTER.decode(JSON.parse('{"Meta":{"__proto__":"x"}}'), 'Outer');
    expect(Object.entries(meta)).toEqual([['__proto__', 'x']]);
  });
});
