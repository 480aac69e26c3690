import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { collect } from '../testing/collect.js';
import { LogReader } from './log-reader.js';

const pieces = fc.array(fc.string({ maxLength: 9, unit: 'binary-ascii' }), { minLength: 1, maxLength: 6 });
const query = fc.record({
  origin: fc.constantFrom('start' as const, 'end' as const),
  offset: fc.nat({ max: 60 }),
});

test('a log read over its files is their concatenation from the offset on', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, query, fc.nat({ max: 20 }), async (texts, { origin, offset }, first) => {
      const folder = await mkdtemp(join(tmpdir(), 'steppe-logs-'));
      const names = texts.map((_, index) => `web.stdout.${first + index}`);
      await Promise.all(names.map((name, index) => writeFile(join(folder, name), texts[index] ?? '')));
      const reader = new LogReader({
        clock: new SimClock(),
        listLogs: () => Promise.resolve(names.toSorted()),
        open: (path) => open(join(folder, basename(path))),
      });
      const frames = await collect(reader.read({ task: 'web', type: 'stdout', origin, offset }));
      const all = texts.join('');
      const from = origin === 'start' ? offset : Math.max(0, all.length - offset);
      expect(Buffer.concat(frames.map(({ data }) => data)).toString()).toBe(all.slice(from));
    }),
    { numRuns: 60 },
  );
});
