import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeJson, JsonSnapshot } from './json.js';

describe('encodeJson', () => {
  test.each([
    ['keys in byte order', { b: 1, a: 2, B: 3, _: 4 }, '{"B":3,"_":4,"a":2,"b":1}'],
    ['absent fields are left out, null ones are not', { a: undefined, b: null }, '{"b":null}'],
    ['integers beyond 2^53 keep every digit', { n: 9223372036854775807n }, '{"n":9223372036854775807}'],
    ['bytes are standard base64', { data: new Uint8Array([251, 255, 0]) }, '{"data":"+/8A"}'],
    ['markup is not escaped', { s: '<a>&"' }, '{"s":"<a>&\\""}'],
    ['empty containers', { list: [], map: {} }, '{"list":[],"map":{}}'],
    ['numbers JSON cannot express', [Number.NaN, Number.POSITIVE_INFINITY], '[null,null]'],
    ['nothing', undefined, 'null'],
  ])('%s', (_, value, text) => {
    expect(encodeJson(value)).toBe(text);
  });

  test('pretty form: four blanks and a closing newline, also around a snapshot', () => {
    const value = { list: [1, { a: 'x' }], empty: [], none: {}, snapshot: new JsonSnapshot({ z: 1 }) };
    expect(encodeJson(value, { pretty: true })).toBe(
      '{\n    "empty": [],\n    "list": [\n        1,\n        {\n            "a": "x"\n        }\n    ],\n    "none": {},\n    "snapshot": {\n        "z": 1\n    }\n}\n',
    );
  });

  test('every JSON value survives, compact and pretty', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, pretty) => {
        expect(JSON.parse(encodeJson(value, { pretty }))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('a snapshot is encoded once', () => {
    let reads = 0;
    const snapshot = new JsonSnapshot({
      get a() {
        reads += 1;
        return 1;
      },
    });
    const first = encodeJson({ snapshot });
    const afterFirst = reads;
    expect(encodeJson({ snapshot })).toBe(first);
    expect(reads).toBe(afterFirst);
  });
});
