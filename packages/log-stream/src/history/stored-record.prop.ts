import { expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { LOG_LEVELS } from '@steppe/runtime';
import type { RecordLevel } from '@steppe/runtime';
import fc from 'fast-check';
import { jsonFormat } from '../format/json-line.js';
import { LocalTime } from '../format/local-time.js';
import { textFormat } from '../format/text-line.js';
import { CallSite } from '../record/call-site.js';
import { LogDuration } from '../record/log-duration.js';
import type { LogRecord } from '../record/log-record.js';
import { decodeStoredRecord, encodeStoredRecord } from './stored-record.js';

const time = new LocalTime(() => 0);
const formats = [textFormat(time), jsonFormat(time)];

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

const value = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<unknown>(
    new LogDuration(1_500_000n),
    new Error('it\nfailed'),
    new Secret('hush'),
    Number.NaN,
    -Infinity,
    -0,
    1e21,
    cyclic,
    () => 1,
    Symbol('s'),
    ['a', 'b c', 1],
    Buffer.from('bytes'),
  ),
);
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', '@seq', '@level', '1', 'constructor'));
const records = fc
  .record({
    level: fc.constantFrom(...(LOG_LEVELS.filter((level) => level !== 'off') as RecordLevel[])),
    time: fc.integer({ min: 0, max: 4e12 }),
    name: fc.string(),
    message: fc.string({ unit: 'binary' }),
    implied: fc.array(fc.tuple(key, value), { maxLength: 3 }),
    fields: fc.array(fc.tuple(key, value), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
    caller: fc.boolean(),
  })
  .map(
    ({ caller, ...record }): LogRecord => ({
      ...record,
      ...(caller ? { callSite: CallSite.at({ file: '/src/a b.ts', line: 7 }) } : {}),
    }),
  );

test('a record that was kept prints as it did, in every form, and takes one line', () => {
  fc.assert(
    fc.property(records, (record) => {
      const line = encodeStoredRecord(42, record);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      const loaded = decodeStoredRecord(line);
      expect(loaded?.sequence).toBe(42);
      for (const format of formats) {
        for (const location of [true, false]) {
          expect(Buffer.from(format(loaded?.record as LogRecord, { location }))).toEqual(
            Buffer.from(format(record, { location })),
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  '',
  'x',
  '[]',
  '["end",5]',
  '[1,2,3]',
  '[1,1,9,"","",[],[],null]',
  '[1,1,2,"","",[["k"]],[],null]',
  '[1,1,2,"","",[["k",{}]],[],null]',
  '[1,1,2,"","",[["k",{"t":1}]],[],null]',
  '{"a":1}',
])('%j is no record', (line) => expect(decodeStoredRecord(line)).toBeUndefined());
