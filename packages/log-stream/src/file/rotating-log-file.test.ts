import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MetricsRegistry } from '@steppe/runtime';
import { SimClock } from '@steppe/testing';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingLogFile, logFilePath } from './rotating-log-file.js';
import type { LogFileOptions } from './rotating-log-file.js';

const START = Date.UTC(2031, 4, 6, 7, 8, 9);
const START_NANOSECONDS = BigInt(START) * 1_000_000n;
const DAY_MS = 24 * 3_600_000;

let directory: string;
let clock: SimClock;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'steppe-log-'));
  clock = new SimClock(START);
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const open = (options: Partial<LogFileOptions> = {}): RotatingLogFile =>
  new RotatingLogFile({ path: join(directory, 'agent.log'), ...options }, { clock });

const files = (): string[] => readdirSync(directory).sort();
const content = (name: string): string => readFileSync(join(directory, name), 'utf8');

describe('RotatingLogFile', () => {
  test('a path that ends in a slash is a directory, which is made', async () => {
    const file = open({ path: join(directory, 'a/b/') });
    expect(file.currentPath).toBe(join(directory, 'a/b/nomad.log'));
    expect(logFilePath('/var/log/nomad/')).toBe('/var/log/nomad/nomad.log');
    expect(logFilePath('/var/log/agent.log')).toBe('/var/log/agent.log');
    file.write('x\n');
    await file.close();
    expect(content('a/b/nomad.log')).toBe('x\n');
  });

  test('appends to what is there, and close writes everything', async () => {
    writeFileSync(join(directory, 'agent.log'), 'before\n');
    const file = open();
    let expected = 'before\n';
    for (let i = 0; i < 10_000; i += 1) {
      file.write(`line ${i}\n`);
      expected += `line ${i}\n`;
    }
    await Promise.all([file.close(), file.close()]);
    file.write('late\n');
    expect(content('agent.log')).toBe(expected);
  });

  test('the last moments of a process are written at once', async () => {
    const file = open();
    file.write('fatal\n');
    file.flushSync();
    expect(content('agent.log')).toBe('fatal\n');
    await file.close();
  });

  test('rotates by size without losing or misplacing a line', async () => {
    const file = open({ rotateBytes: 100 });
    for (let i = 0; i < 25; i += 1) file.write(`line ${`${i}`.padStart(4, '0')}\n`);
    await file.close();
    // The clock stood still: names are made distinct.
    expect(files()).toEqual([`agent-${START_NANOSECONDS}.log`, `agent-${START_NANOSECONDS + 1n}.log`, 'agent.log']);
    const lines = files().flatMap((name) => content(name).trim().split('\n'));
    expect(lines).toEqual(Array.from({ length: 25 }, (_, i) => `line ${`${i}`.padStart(4, '0')}`));
    expect(content('agent.log').split('\n')).toHaveLength(6);
  });

  test('a file found larger than allowed is rotated with the first line', async () => {
    writeFileSync(join(directory, 'agent.log'), 'x'.repeat(200));
    const file = open({ rotateBytes: 100 });
    file.write('new\n');
    await file.close();
    expect(content('agent.log')).toBe('new\n');
    expect(files()).toHaveLength(2);
  });

  test('rotates by age, 24 hours unless told otherwise', async () => {
    const file = open();
    file.write('monday\n');
    await clock.advance(DAY_MS - 1);
    file.write('still monday\n');
    await clock.advance(1);
    file.write('tuesday\n');
    await file.close();
    expect(files()).toEqual([`agent-${START_NANOSECONDS + BigInt(DAY_MS) * 1_000_000n}.log`, 'agent.log']);
    expect(content('agent.log')).toBe('tuesday\n');
    expect(content(files()[0] as string)).toBe('monday\nstill monday\n');
  });

  test.each([
    [0, 6],
    [2, 3],
    [-1, 1],
  ])('with log_rotate_max_files %d, %d files are left', async (maxFiles, expected) => {
    for (const other of ['agent-notes.log', 'agent-12.txt', 'other-1.log']) writeFileSync(join(directory, other), '');
    const file = open({ rotateBytes: 1, maxFiles });
    for (let i = 0; i < 6; i += 1) {
      file.write(`${i}\n`);
      await clock.advance(1_000);
    }
    await file.close();
    expect(files()).toEqual(expect.arrayContaining(['agent-12.txt', 'agent-notes.log', 'other-1.log']));
    expect(files()).toHaveLength(expected + 3);
    expect(content('agent.log')).toBe('5\n');
    if (maxFiles === 2)
      expect(
        files()
          .filter((name) => /-\d{10,}/.test(name))
          .map(content),
      ).toEqual(['3\n', '4\n']);
  });

  test('a name without an extension gets one when it is rotated', async () => {
    const file = open({ path: join(directory, 'agent'), rotateBytes: 1 });
    file.write('1\n');
    file.write('2\n');
    await file.close();
    expect(files()).toEqual(['agent', `agent-${START_NANOSECONDS}.log`]);
  });

  test('reopen follows somebody else’s rotation', async () => {
    const file = open();
    file.write('old\n');
    renameSync(join(directory, 'agent.log'), join(directory, 'moved'));
    file.write('still old\n');
    file.reopen();
    file.write('new\n');
    await file.close();
    expect(content('moved')).toBe('old\nstill old\n');
    expect(content('agent.log')).toBe('new\n');
  });

  test('a path that cannot be opened is a clear error', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => open({ path: join(directory, 'file/agent.log') })).toThrow(
      expect.objectContaining({
        code: 'LOG_FILE_UNWRITABLE',
        message: expect.stringContaining(join(directory, 'file')),
      }),
    );
  });

  test('a full disk is counted and stops neither the caller nor close', async () => {
    const metrics = new MetricsRegistry({}, { clock });
    const file = new RotatingLogFile({ path: '/dev/full', rotateDurationMs: 0 }, { clock, metrics });
    file.write('x\n');
    await file.close();
    expect(metrics.cumulative().counters).toEqual([
      expect.objectContaining({ name: 'log.sink_error', labels: { sink: 'file' } }),
    ]);
  });

  test('a rotation that fails is counted and tried again, and lines go on into the old file', async () => {
    const metrics = new MetricsRegistry({}, { clock });
    const logs = join(directory, 'logs');
    const file = new RotatingLogFile({ path: join(logs, 'agent.log'), rotateBytes: 1 }, { clock, metrics });
    file.write('1\n');
    renameSync(logs, join(directory, 'moved'));
    file.write('2\n');
    expect(metrics.cumulative().counters).toHaveLength(1);
    mkdirSync(logs);
    file.write('3\n');
    await file.close();
    expect(content('moved/agent.log')).toBe('1\n2\n');
    expect(content('logs/agent.log')).toBe('3\n');
  });
});
