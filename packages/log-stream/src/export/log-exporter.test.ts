import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemorySink } from '../testing/memory-sink.js';
import { JournalSource } from './journal-source.js';
import { LogExporterImpl } from './log-exporter.js';
import { LogFileSource } from './log-file-source.js';
import type { LogSourceRequest } from './log-source.js';
import { exportLogFile, writeExport } from './write-export.js';

const REQUEST: LogSourceRequest = { serviceName: 'nomad', sinceNanoseconds: 72n * 3_600_000_000_000n, follow: false };

let directory: string;
let path: string;
let abort: AbortController;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'steppe-export-'));
  path = join(directory, 'nomad.log');
  abort = new AbortController();
});

afterEach(async () => {
  abort.abort();
  await rm(directory, { recursive: true });
});

const exportOf = async (plain = false): Promise<MemorySink> => {
  const sink = new MemorySink();
  await exportLogFile(path, sink, { plain, signal: abort.signal, clock: new SimClock() });
  return sink;
};

describe('export of the log file', () => {
  test('row 46: 11 bytes are one frame', async () => {
    await writeFile(path, 'hello world');
    expect((await exportOf()).text).toBe('{"Data":"aGVsbG8gd29ybGQ=","Offset":11}');
  });

  test.each([
    [3_000, [512, 1_536, 2_560], 952],
    [1_024, [512], 1_024],
    [512, [512], 512],
    [513, [512], 513],
    [1_025, [512, 1_536], 1],
  ])('row 47: %d bytes report the offsets %j', async (size, offsets, last) => {
    const content = Buffer.from(Array.from({ length: size }, (_, i) => i % 256));
    await writeFile(path, content);
    const { frames } = await exportOf();
    expect(frames.map((frame) => frame.offset)).toEqual(offsets);
    expect(frames.at(-1)?.data).toHaveLength(last);
    expect(Buffer.concat(frames.map((frame) => frame.data)).equals(content)).toBe(true);
    expect(frames.every((frame) => frame.fileEvent === '')).toBe(true);
  });

  test('a million bytes are 977 frames, the last of 576 bytes', async () => {
    await writeFile(path, Buffer.alloc(1_000_000, 'x'));
    const { frames } = await exportOf();
    expect(frames).toHaveLength(977);
    expect(frames.at(-1)?.data).toHaveLength(576);
    expect(frames.map((frame) => frame.offset)).toEqual(frames.map((_, i) => 512 + i * 1_024));
  });

  test('row 48: an empty file, or a directory, is an empty body', async () => {
    await writeFile(path, '');
    expect((await exportOf()).writes).toHaveLength(0);
    path = directory;
    expect((await exportOf()).writes).toHaveLength(0);
  });

  test('row 55: plain is the file', async () => {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 256));
    await writeFile(path, content);
    expect(Buffer.concat((await exportOf(true)).writes).equals(content)).toBe(true);
  });

  test('a reader that is behind is waited for', async () => {
    await writeFile(path, Buffer.alloc(5_000, 'x'));
    const sink = new MemorySink(1);
    const done = exportLogFile(path, sink, { plain: false, signal: abort.signal, clock: new SimClock() });
    const released = setInterval(() => sink.release(1), 1);
    await done;
    clearInterval(released);
    expect(sink.payload).toBe('x'.repeat(5_000));
  });

  test('a reader that leaves while it is behind ends the export', async () => {
    await writeFile(path, Buffer.alloc(5_000, 'x'));
    const clock = new SimClock();
    const left = new Promise<void>((resolve) => {
      const sink = new MemorySink(1);
      sink.onDrain = () => setImmediate(() => (abort.abort(), resolve()));
      void exportLogFile(path, sink, { plain: false, signal: abort.signal, clock }).then(resolve);
    });
    await left;
    await new Promise(setImmediate);
    expect(clock.pending).toBe(0);
  });
});

describe('export of something that is followed', () => {
  test('waiting pieces go out with the tick, and heartbeats come between', async () => {
    const clock = new SimClock();
    const sink = new MemorySink();
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first\n');
      await new Promise<void>((resolve) => clock.setTimer(1_500, resolve));
      yield Buffer.from('second\n');
    }
    const done = writeExport(pieces(), sink, { plain: false, signal: abort.signal, clock });
    await clock.advance(2_000);
    await done;
    expect(sink.text).toBe(
      `{"Data":"${Buffer.from('first\n').toString('base64')}","Offset":6}{}{"Data":"${Buffer.from('second\n').toString('base64')}","Offset":13}`,
    );
    expect(clock.pending).toBe(0);
  });
});

describe('LogExporter', () => {
  const exporter = (currentPath: string | undefined, platform: NodeJS.Platform = 'linux'): LogExporterImpl =>
    new LogExporterImpl({
      clock: new SimClock(),
      sources: [
        new LogFileSource({ currentPath: () => currentPath }),
        new JournalSource({ platform, env: { PATH: `${directory}:/usr/bin:/bin` } }),
      ],
    });

  /** Puts a program of ours where `journalctl` is looked for. */
  const installJournalctl = async (script: string): Promise<void> => {
    await writeFile(join(directory, 'journalctl'), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, 'journalctl'), 0o755);
  };

  const run = async (request: Partial<LogSourceRequest> = {}): Promise<MemorySink> => {
    const sink = new MemorySink();
    const opened = await exporter(undefined).open('service_name', { ...REQUEST, ...request }, { signal: abort.signal });
    await opened.run(sink, { plain: true, signal: abort.signal });
    return sink;
  };

  test('row 49: no log file', async () => {
    await expect(exporter(undefined).open('on_disk', REQUEST, { signal: abort.signal })).rejects.toMatchObject({
      code: 'LOG_FILE_UNDEFINED',
      message: 'No nomad log file defined',
    });
  });

  test('the current log file, by name of the source', async () => {
    await writeFile(path, 'hello world');
    const sink = new MemorySink();
    const opened = await exporter(path).open('on_disk', REQUEST, { signal: abort.signal });
    await opened.run(sink, { plain: false, signal: abort.signal });
    expect(sink.text).toBe('{"Data":"aGVsbG8gd29ybGQ=","Offset":11}');
  });

  test('a log file that is not there fails before the first byte', async () => {
    await expect(exporter(path).open('on_disk', REQUEST, { signal: abort.signal })).rejects.toMatchObject({
      code: 'LOG_FILE_UNREADABLE',
      message: `open ${path}: no such file or directory`,
    });
  });

  test('an unknown source', async () => {
    await expect(exporter(path).open('syslog', REQUEST, { signal: abort.signal })).rejects.toMatchObject({
      code: 'LOG_SOURCE_UNKNOWN',
    });
  });

  test('two sources of one name are refused', () => {
    const source = new LogFileSource({ currentPath: () => undefined });
    const deps = { clock: new SimClock(), sources: [source, source] };
    expect(() => new LogExporterImpl(deps)).toThrow('share the key "on_disk"');
  });

  test('the journal needs Linux, and a name that may be asked for', async () => {
    const options = { signal: abort.signal };
    await expect(exporter(path, 'darwin').open('service_name', REQUEST, options)).rejects.toMatchObject({
      code: 'JOURNALD_UNSUPPORTED',
      message: 'journald log monitoring only available on linux',
    });
    const foreign = { ...REQUEST, serviceName: 'docker' };
    await expect(exporter(path).open('service_name', foreign, options)).rejects.toMatchObject({
      code: 'SERVICE_NAME_INVALID',
    });
  });

  test('without journalctl the export fails before the first byte', async () => {
    const source = new JournalSource({ platform: 'linux', env: { PATH: directory } });
    await expect(source.open(REQUEST, { signal: abort.signal })).rejects.toMatchObject({
      code: 'JOURNALCTL_UNAVAILABLE',
      message: 'exec: "journalctl": executable file not found in $PATH',
    });
  });

  test('journalctl is given its arguments one by one; what it complains about comes last', async () => {
    await installJournalctl('echo "oops" >&2; for arg in "$@"; do echo "[$arg]"; done');
    expect((await run({ serviceName: '-nomad' })).text).toBe('[-xu]\n[-nomad]\n[--since]\n[72h0m0s ago]\noops\n');
    expect((await run({ follow: true })).text).toBe('[-xu]\n[nomad]\n[--since]\n[72h0m0s ago]\n[-f]\noops\n');
  });

  test('row 54: journalctl does not outlive a reader that leaves', async () => {
    await installJournalctl('echo $$; exec sleep 1000');
    const sink = new MemorySink();
    const pid = new Promise<number>((resolve) => {
      const write = sink.write.bind(sink);
      sink.write = (bytes) => {
        resolve(Number(Buffer.from(bytes).toString()));
        return write(bytes);
      };
    });
    const clock = new SimClock();
    const source = new JournalSource({ platform: 'linux', env: { PATH: `${directory}:/usr/bin:/bin` } });
    const opened = await new LogExporterImpl({ clock, sources: [source] }).open(
      'service_name',
      { ...REQUEST, follow: true },
      { signal: abort.signal },
    );
    const done = opened.run(sink, { plain: true, signal: abort.signal });
    const ticking = setInterval(() => void clock.advance(200), 5);
    const child = await pid;
    clearInterval(ticking);
    expect(existsSync(`/proc/${child}`)).toBe(true);
    abort.abort();
    await done;
    expect(existsSync(`/proc/${child}`)).toBe(false);
    expect(clock.pending).toBe(0);
  });
});
