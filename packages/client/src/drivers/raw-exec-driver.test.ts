import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SystemClock } from '@steppe/runtime';
import { eventually } from '@steppe/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TaskFolders } from '../testing/task-folders.js';
import { RawExecDriver } from './raw-exec-driver.js';
import type { RunningTask } from './task-driver.js';

const clock = new SystemClock();
const driver = new RawExecDriver({ enabled: true }, { clock });
const shell = (script: string) => ({ command: '/bin/sh', args: ['-c', script] });

let folders: TaskFolders;
const running: RunningTask[] = [];

beforeEach(async () => {
  folders = await TaskFolders.create();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((task) => task.stop({ signal: 'SIGKILL', timeoutMs: 0 })));
  await folders.remove();
});

const start = async (...args: Parameters<TaskFolders['task']>): Promise<RunningTask> => {
  const task = await driver.start(await folders.task(...args));
  running.push(task);
  return task;
};

const output = async (name: string, text: string): Promise<void> =>
  eventually(5_000, async () => expect((await folders.logs())[name]).toBe(text));

const parentOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[3]);
/** One that has ended and that nobody has asked about is not. */
const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+[XZ]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a raw_exec task', () => {
  test('runs in its folder with its environment only, and its exit code and output are kept', async () => {
    const task = await start(shell('pwd; echo $GREETING $HOME; echo oh >&2; exit 3'));
    expect(await task.exit).toEqual({ exitCode: 3, signal: 0, oomKilled: false, reason: '' });
    expect(await folders.logs()).toEqual({
      'web.stderr.0': 'oh\n',
      'web.stdout.0': `${join(folders.folder, 'web')}\nhello\n`,
    });
  });

  test('gets the signal that stops it, and ends as a shell would tell', async () => {
    const task = await start({ command: 'sleep', args: [60] });
    await task.stop({ signal: '', timeoutMs: 5_000 });
    expect(await task.exit).toMatchObject({ exitCode: 130, signal: 2 });
  });

  test('is killed with all its processes when it does not stop in time', async () => {
    const task = await start(shell(`trap '' INT; sleep 60 & echo $!; wait; while :; do sleep 1; done`));
    await eventually(5_000, async () => expect((await folders.logs())['web.stdout.0']).toMatch(/\d+\n/));
    const child = Number((await folders.logs())['web.stdout.0']);
    expect((await task.usage()).pids).toContain(child);
    await task.stop({ signal: '', timeoutMs: 20 });
    expect(await task.exit).toMatchObject({ exitCode: 137, signal: 9 });
    await eventually(5_000, () => expect(isAlive(child)).toBe(false));
  });

  test('leaves no process behind when it ends by itself', async () => {
    const task = await start(shell('sleep 60 & echo $!'));
    expect(await task.exit).toMatchObject({ exitCode: 0 });
    const child = Number((await folders.logs())['web.stdout.0']);
    await eventually(5_000, () => expect(isAlive(child)).toBe(false));
  });

  test('gets other signals as they come, and an unknown one is refused', async () => {
    const task = await start(shell(`trap 'echo reloaded' HUP; echo ready; while :; do sleep 0.02; done`));
    await output('web.stdout.0', 'ready\n');
    await task.signal('SIGHUP');
    await output('web.stdout.0', 'ready\nreloaded\n');
    await expect(task.signal('SIGNOPE')).rejects.toMatchObject({ detail: { code: 'DRIVER_SIGNAL_INVALID' } });
  });

  test('has its output in files of the size and number that the job says, the oldest gone', async () => {
    const logs = { maxFiles: 2, maxFileSizeMb: 1, disabled: false };
    const task = await start(shell('head -c 2500000 /dev/zero | tr "\\0" a; echo end'), { logs });
    await task.exit;
    const { 'web.stderr.0': errors, ...files } = await folders.logs();
    expect(errors).toBe('');
    expect(Object.entries(files).map(([name, text]) => [name, text.length])).toEqual([
      ['web.stdout.1', 1_048_576],
      ['web.stdout.2', 2_500_004 - 2 * 1_048_576],
    ]);
    const again = await start(shell('echo more'), { logs });
    await again.exit;
    expect((await folders.logs())['web.stdout.2']).toMatch(/aend\nmore\n$/);
  });

  test('has no log files when the job wants none', async () => {
    const task = await start(shell('echo lost'), { logs: { maxFiles: 1, maxFileSizeMb: 1, disabled: true } });
    expect(await task.exit).toMatchObject({ exitCode: 0 });
    expect(await folders.logs()).toEqual({});
  });

  test('uses memory and processor time', async () => {
    const task = await start(shell('i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; echo done; sleep 60'));
    await output('web.stdout.0', 'done\n');
    const usage = await task.usage();
    expect(usage.memoryBytes).toBeGreaterThan(100_000);
    expect(usage.userMs + usage.systemMs).toBeGreaterThan(0);
  });
});

describe('over a restart of the agent', () => {
  const restarted = new RawExecDriver({ enabled: false }, { clock });

  test('a task goes on, and is found and stopped by its handle', async () => {
    const spec = await folders.task(shell('echo ready; while :; do sleep 0.02; done'));
    const task = await driver.start(spec);
    await task.detach();
    const handle = JSON.parse(JSON.stringify(task.handle)) as Record<string, unknown>;
    const found = await restarted.recover(handle, spec);
    await output('web.stdout.0', 'ready\n');
    await found?.stop({ signal: 'SIGTERM', timeoutMs: 5_000 });
    expect(await found?.exit).toMatchObject({ exitCode: 143, signal: 15 });
  });

  test('what a task wrote and how it ended without an agent is not lost, whatever the length of its path', async () => {
    const name = `web-${'x'.repeat(100)}`;
    const spec = await folders.task(shell('trap "echo bye; exit 7" USR1; echo ready; while :; do sleep 0.02; done'), {
      name,
    });
    const task = await driver.start(spec);
    await output(`${name}.stdout.0`, 'ready\n');
    await task.detach();
    process.kill(Number(task.handle['pid']), 'SIGUSR1');
    await eventually(5_000, () => expect(isAlive(Number(task.handle['pid']))).toBe(false));
    const found = await restarted.recover(task.handle, spec);
    expect(await found?.exit).toEqual({ exitCode: 7, signal: 0, oomKilled: false, reason: '' });
    expect((await folders.logs())[`${name}.stdout.0`]).toBe('ready\nbye\n');
  });

  test('nobody knows a task whose supervisor is gone, and its processes are ended', async () => {
    const spec = await folders.task(shell('sleep 60'));
    const task = await driver.start(spec);
    await task.detach();
    const pid = Number(task.handle['pid']);
    const supervisor = parentOf(pid);
    process.kill(supervisor, 'SIGKILL');
    await eventually(5_000, () => expect(isAlive(supervisor)).toBe(false));
    expect(await restarted.recover(task.handle, spec)).toBeUndefined();
    await eventually(5_000, () => expect(isAlive(pid)).toBe(false));
  });

  test('a task whose handle was lost is ended before it is started again', async () => {
    const lost = await driver.start(await folders.task(shell('sleep 60')));
    await lost.detach();
    const task = await start(shell('exit 4'));
    expect(await task.exit).toMatchObject({ exitCode: 4 });
    expect(isAlive(Number(lost.handle['pid']))).toBe(false);
  });

  test.each([{}, { pid: '1', startTicks: '' }, { pid: 1, startTicks: '5' }, { pid: -1, startTicks: '5' }])(
    'the handle %j finds nothing',
    async (handle) => {
      expect(await restarted.recover(handle, await folders.task(shell('true')))).toBeUndefined();
    },
  );
});

test('a task whose supervisor is killed ends, and says why', async () => {
  const task = await start(shell('sleep 60'));
  const pid = Number(task.handle['pid']);
  process.kill(parentOf(pid), 'SIGKILL');
  expect(await task.exit).toMatchObject({ signal: 9, reason: 'the supervisor of the task is gone' });
  await eventually(5_000, () => expect(isAlive(pid)).toBe(false));
});

describe('what cannot be run is refused', () => {
  test.each([
    [{}, 'setting "command" must be given, got nothing'],
    [{ command: 5 }, 'setting "command" must be a text, got 5'],
    [{ command: 'sh', args: 'x' }, 'setting "args" must be a list of texts, got "x"'],
    [{ command: 'sh', args: [{}] }, 'setting "args" must be a list of texts, got {}'],
    [{ command: 'sh', image: 'redis' }, 'setting "image" is not known; there are command, args, work_dir, got "redis"'],
    [{ command: 'sh', work_dir: 'nowhere' }, 'setting "work_dir" must be a folder that exists, got "nowhere"'],
  ])('%j: %s', async (config, message) => {
    await expect(start(config)).rejects.toMatchObject({
      message: `driver "raw_exec": ${message}`,
      detail: { code: 'DRIVER_CONFIG_INVALID' },
    });
  });

  test('another user', async () => {
    await expect(start({ command: 'sh' }, { user: 'somebody' })).rejects.toThrow(
      /^driver "raw_exec": setting "user" must be that of the agent, ".+", got "somebody"$/,
    );
  });

  test('a program that is not there', async () => {
    await expect(start({ command: 'no-such-program' })).rejects.toMatchObject({
      message: 'driver "raw_exec": spawn no-such-program ENOENT',
      detail: { code: 'DRIVER_START_FAILED' },
    });
  });

  test('anything, where the driver is disabled', async () => {
    const disabled = new RawExecDriver({ enabled: false }, { clock });
    expect(await disabled.fingerprint()).toEqual({
      attributes: {},
      detected: false,
      healthy: false,
      healthDescription: 'disabled',
    });
    await expect(disabled.start(await folders.task({ command: 'sh' }))).rejects.toThrow(
      'driver "raw_exec" is disabled on this node',
    );
  });
});
