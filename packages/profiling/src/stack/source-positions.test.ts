import { describe, expect, test } from '@jest/globals';
import { SourcePositions } from './source-positions.js';

const FUNCTION = { functionName: 'f', url: 'file:///app/dist/a.js', lineNumber: 4, columnNumber: 2 };

/** A map with one entry per line: generated line `n` is line `10 n` of the source; line 7 begins nothing at its start. */
const findSourceMap = (url: string) =>
  url.endsWith('/a.js')
    ? {
        findEntry: (line: number, column: number) => {
          const generatedLine = line === 7 && column === 0 ? 6 : line;
          return { generatedLine, originalSource: 'file:///app/src/a.ts', originalLine: generatedLine * 10 };
        },
      }
    : undefined;

describe('SourcePositions', () => {
  test('with a map, frames are of the TypeScript source; lines count from 1', () => {
    const positions = new SourcePositions({ findSourceMap });
    expect(positions.frameOf(FUNCTION)).toEqual({ functionName: 'f', file: '/app/src/a.ts', line: 41 });
    expect(positions.frameAt(FUNCTION, 6)).toEqual({ functionName: 'f', file: '/app/src/a.ts', line: 51 });
  });

  test('a line that no statement begins belongs to what stands on it, not to the line before', () => {
    expect(new SourcePositions({ findSourceMap }).frameAt(FUNCTION, 8).line).toBe(71);
  });

  test.each([
    ['file:///srv/b%20c.js', '/srv/b c.js'],
    ['/srv/b.js', '/srv/b.js'],
    ['node:internal/timers', 'node:internal/timers'],
    ['file://host/share.js', 'file://host/share.js'],
    ['file:///app/dist/b.js', 'dist/b.js'],
  ])('without a map %s is %s', (url, file) => {
    const positions = new SourcePositions({ findSourceMap, installPrefix: '/app/' });
    expect(positions.frameOf({ ...FUNCTION, url })).toEqual({ functionName: 'f', file, line: 5 });
    expect(positions.frameAt({ ...FUNCTION, url }, 6)).toEqual({ functionName: 'f', file, line: 6 });
  });

  test('a line of code that was inlined from elsewhere is not taken for one of the function', () => {
    const sources = ['file:///app/src/a.ts', 'file:///app/src/b.ts'];
    const findTwo = () => ({
      findEntry: (line: number) => ({
        generatedLine: line,
        originalSource: sources[line < 9 ? 0 : 1],
        originalLine: line,
      }),
    });
    const positions = new SourcePositions({ findSourceMap: findTwo });
    const beginning = { functionName: 'f', file: '/app/src/a.ts', line: 5 };
    expect([3, 5, 8, 20].map((line) => positions.frameAt(FUNCTION, line))).toEqual([
      beginning,
      beginning,
      { ...beginning, line: 8 },
      beginning,
    ]);
  });

  test('an entry without a source, and native code, are left as they are', () => {
    const positions = new SourcePositions({ findSourceMap: () => ({ findEntry: () => ({}) }) });
    expect(positions.frameOf(FUNCTION).file).toBe('/app/dist/a.js');
    const native = { functionName: '', url: '', lineNumber: -1, columnNumber: -1 };
    expect(positions.frameOf(native)).toEqual({ functionName: '(anonymous)', file: '', line: 0 });
  });
});
