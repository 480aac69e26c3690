import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SystemClock } from '@steppe/runtime';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogHubImpl } from '../hub/log-hub-impl.js';
import { temporaryFolder } from '../testing/feed-tools.js';
import { SyslogSink } from './syslog-sink.js';
import type { SyslogOptions } from './syslog-sink.js';

describe('SyslogSink', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let failures: string[];
  beforeEach(() => {
    folder = temporaryFolder();
    failures = [];
  });
  afterEach(() => folder.remove());

  /** Stands in for the program, and writes down how it was called and what it was given. */
  const program = (script: string): void =>
    writeFileSync(join(folder.path, 'logger'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const RECORDING = (path: string): string => `echo "$@" >> ${path}\nexec cat >> ${path}`;
  const open = (options: Partial<SyslogOptions> = {}): SyslogSink =>
    new SyslogSink(
      {
        facility: 'local0',
        platform: 'linux',
        env: { PATH: `${folder.path}:/usr/bin:/bin` },
        ...options,
      },
      { clock: new SystemClock(), onFailure: (reason) => failures.push(reason) },
    );

  test('each record is one line with its priority, whatever is in it', async () => {
    const path = join(folder.path, 'out');
    program(RECORDING(path));
    const hub = new LogHubImpl({ level: 'trace' }, { clock: new SystemClock() });
    const sink = open();
    hub.addSink(sink);
    const log = hub.logger('nomad');
    log.trace('t');
    log.debug('d');
    log.info('i', { a: 'b c' });
    log.warn('two\n<0>lines\r\u0000');
    log.error('e', { out: 'x\ny' });
    await sink.close();
    await sink.close();
    expect(readFileSync(path, 'utf8').split('\n')).toEqual([
      '--prio-prefix --tag nomad',
      '<135>nomad: t',
      '<135>nomad: d',
      '<134>nomad: i: a="b c"',
      '<132>nomad: two#012<0>lines#015#000',
      '<131>nomad: e:#012  out=#012  | x#012  | y#012  ',
      '',
    ]);
    sink.write('after the end\n', 'info');
    expect(failures).toEqual([]);
  });

  test('a program that ends is told of once, and started anew', async () => {
    const path = join(folder.path, 'out');
    program(`if [ -e ${path} ]; then ${RECORDING(path).replace('\n', '; ')}; fi; touch ${path}; exit 3`);
    const sink = open();
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    sink.write('2031 [INFO]  lost\n', 'info');
    while (!readFileSync(path, 'utf8').includes('arrives')) {
      sink.write('2031 [INFO]  arrives\n', 'info');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(readFileSync(path, 'utf8')).not.toContain('lost');
    expect(failures).toEqual(['logger ended: 3']);
    await sink.close();
  });

  test('without the program there is a reason, and closing does not wait', async () => {
    const sink = open({ env: { PATH: folder.path } });
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(failures).toEqual(['exec: "logger": executable file not found in $PATH']);
    await sink.close();
  });

  test.each([
    [{ facility: 'LOCAL9' }, 'invalid syslog facility: LOCAL9'],
    [{ platform: 'darwin' }, 'syslog is not available on darwin'],
  ] as const)('%j is refused at the start', (options, message) => {
    expect(() => open(options)).toThrow(message);
  });
});
