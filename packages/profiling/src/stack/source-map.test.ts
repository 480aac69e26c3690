import { describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap as NodeSourceMap } from 'node:module';
import type { SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SourceMapFiles } from './source-map-files.js';
import { SourceMap } from './source-map.js';

const URL_OF_MAP = 'file:///app/dist/a.js.map';
const mapOf = (mappings: string, more: object = {}) =>
  new SourceMap(JSON.stringify({ version: 3, sources: ['../src/a.ts', 'b.ts'], mappings, ...more }), URL_OF_MAP);

describe('SourceMap', () => {
  test('the entry at a place or before it, in URLs beside the map', () => {
    // Line 0: columns 0 and 4 of a.ts lines 0 and 2; line 1 has none; line 2: column 2 of b.ts line 1.
    const map = mapOf('AAAA,IAEA;;ECDA');
    const a = { generatedLine: 0, originalSource: 'file:///app/src/a.ts' };
    expect(map.findEntry(0, 3)).toEqual({ ...a, originalLine: 0 });
    expect(map.findEntry(0, 99)).toEqual({ ...a, originalLine: 2 });
    expect(map.findEntry(1, 5)).toEqual({ ...a, originalLine: 2 });
    expect(map.findEntry(2, 2)).toEqual({
      generatedLine: 2,
      originalSource: 'file:///app/dist/b.ts',
      originalLine: 1,
    });
    expect(map.findEntry(9, 0)).toEqual(map.findEntry(2, 0));
  });

  test('an entry without a source, and a map without any, are empty', () => {
    expect(mapOf('A').findEntry(0, 0)).toEqual({});
    expect(mapOf('').findEntry(3, 0)).toEqual({});
    expect(mapOf('AAAA').findEntry(-1, 0)).toEqual({});
  });

  test.each(['', '{}', '{"version":3,"sources":[],"mappings":1}', '{"version":2,"sources":[],"mappings":""}'])(
    '%j is refused',
    (text) => {
      expect(() => new SourceMap(text, URL_OF_MAP)).toThrow();
    },
  );

  test('a digit that is none is refused by its place', () => {
    expect(() => mapOf('AA!A')).toThrow('bad mappings at 2');
    expect(() => mapOf('gggggggggA')).toThrow('bad mappings at 6');
  });

  test('says of a compiled script what the reader of Node.js says', () => {
    const url = new URL('../../dist/stack/source-positions.js.map', import.meta.url);
    expect(existsSync(url)).toBe(true);
    const text = readFileSync(url, 'utf8');
    const ours = new SourceMap(text, url.href);
    const theirs = new NodeSourceMap(JSON.parse(text) as SourceMapPayload);
    const places: number[] = [];
    for (let line = 0; line < 80; line += 1) {
      for (const column of [0, 4, 17, 40, 90]) {
        const found = ours.findEntry(line, column) as {
          readonly generatedLine?: number;
          readonly originalLine?: number;
        };
        const expected = theirs.findEntry(line, column) as typeof found;
        expect([line, column, found.generatedLine, found.originalLine]).toEqual([
          line,
          column,
          expected.generatedLine,
          expected.originalLine,
        ]);
        if (found.originalLine !== undefined) places.push(found.originalLine);
      }
    }
    expect(new Set(places).size).toBeGreaterThan(20);
  });
});

test('SourceMapFiles reads the map beside a script once; what is none counts as absent', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-maps-'));
  try {
    const script = join(folder, 'a b.js');
    const url = pathToFileURL(script).href;
    writeFileSync(`${script}.map`, JSON.stringify({ version: 3, sources: ['a.ts'], mappings: 'AAAA' }));
    writeFileSync(join(folder, 'bad.js.map'), 'no');
    const files = new SourceMapFiles();
    const map = files.find(url);
    expect(map?.findEntry(0, 0)).toMatchObject({ originalSource: pathToFileURL(join(folder, 'a.ts')).href });
    expect(files.find(url)).toBe(map);
    for (const absent of [pathToFileURL(join(folder, 'bad.js')).href, `${url}x`, 'node:fs', 'file://host/x.js']) {
      expect(files.find(absent)).toBeUndefined();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
