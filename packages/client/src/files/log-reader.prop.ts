import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AllocFiles } from './alloc-files.js';

const FILES = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 });

test('a log read from any place is that part of all its files put together', async () => {
  await fc.assert(
    fc.asyncProperty(
      FILES,
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 250 }),
      fc.constantFrom('start' as const, 'end' as const),
      async (contents, first, offset, origin) => {
        const root = mkdtempSync(join(tmpdir(), 'steppe-logs-'));
        try {
          mkdirSync(join(root, 'alloc/logs'), { recursive: true });
          for (const [i, bytes] of contents.entries()) {
            writeFileSync(join(root, `alloc/logs/web.stderr.${first + i}`), bytes);
          }
          const files = new AllocFiles(root, { tasks: ['web'] }, { clock: new SimClock() });
          const read: Buffer[] = [];
          for await (const { data } of files.logs({ task: 'web', type: 'stderr', offset, origin })) read.push(data);
          const whole = Buffer.concat(contents);
          const from = origin === 'start' ? offset : Math.max(0, whole.length - offset);
          expect(Buffer.concat(read).equals(whole.subarray(from))).toBe(true);
        } finally {
          rmSync(root, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 100 },
  );
});
