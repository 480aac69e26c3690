import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { TaskResources } from '@steppe/domain';
import { SystemClock } from '@steppe/runtime';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeDriver } from './node-driver.js';
import { RawExecDriver } from './raw-exec-driver.js';
import { isAlive } from './supervisor/process-group.js';
import type { RunningTask, TaskDriver, TaskStart } from './task-driver.js';

/** Programs run compiled, as they are installed. */
const program = (file: string): string => fileURLToPath(new URL(`../../dist/drivers/${file}.js`, import.meta.url));
const clock = new SystemClock();
const rawExec = new RawExecDriver({ enabled: true }, { clock, program: program('supervisor/task-supervisor') });
const node = new NodeDriver({
  clock,
  programs: {
    supervisor: program('supervisor/task-supervisor'),
    task: program('node/node-task'),
    thread: program('node/thread-task'),
  },
});

let folder: string;
const running: RunningTask[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-drivers-'));
  for (const name of ['task', 'logs']) mkdirSync(join(folder, name));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((task) => task.stop({ signal: 'SIGKILL', timeoutMs: 0 })));
  rmSync(folder, { recursive: true, force: true });
});

const RESOURCES = { cpu: 100, memoryMb: 100, memoryMaxMb: 0, diskMb: 0 } as TaskResources;
const startOf = (config: object, changes: Partial<TaskStart> = {}): TaskStart => ({
  allocId: 'a1',
  taskName: 'main',
  config: { ...config },
  env: { GREETING: 'hello', NOMAD_TASK_NAME: 'main', NOMAD_ALLOC_INDEX: '3' },
  user: '',
  resources: RESOURCES,
  taskFolder: join(folder, 'task'),
  logFolder: join(folder, 'logs'),
  logs: { maxFiles: 2, maxFileSizeMb: 1, disabled: false },
  ...changes,
});

async function start(driver: TaskDriver, config: object, changes: Partial<TaskStart> = {}): Promise<RunningTask> {
  const task = await driver.start(startOf(config, changes));
  running.push(task);
  return task;
}

const log = (type: string, number = 0): string => readFileSync(join(folder, 'logs', `main.${type}.${number}`), 'utf8');
/** A file that a task writes to say that it is so far. */
async function written(name: string): Promise<string> {
  const file = join(folder, 'task', name);
  for (;;) {
    if (existsSync(file) && readFileSync(file, 'utf8') !== '') return readFileSync(file, 'utf8');
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

describe('raw_exec', () => {
  const shell = (script: string): object => ({ command: '/bin/sh', args: ['-c', script] });

  test('runs a command in the task’s folder with the task’s environment only, and keeps output and exit code', async () => {
    process.env['AGENT_SECRET'] = 'not for tasks';
    const task = await start(rawExec, shell('echo "$GREETING${AGENT_SECRET}"; pwd; echo problem >&2; exit 3'));
    expect(await task.exit).toEqual({ exitCode: 3, signal: 0, oomKilled: false, reason: '' });
    expect(log('stdout')).toBe(`hello\n${join(folder, 'task')}\n`);
    expect(log('stderr')).toBe('problem\n');
  });

  test('ends the whole group of a command that is stopped, by force when it does not listen', async () => {
    const task = await start(rawExec, shell('trap "" INT; sleep 100 & echo $! > child; wait; sleep 100'));
    const child = Number(await written('child'));
    expect((await task.usage()).pids.length).toBeGreaterThanOrEqual(2);
    await task.stop({ signal: '', timeoutMs: 50 });
    expect(await task.exit).toMatchObject({ exitCode: 137, signal: 9 });
    expect(isAlive(child)).toBe(false);
  });

  test('passes signals on', async () => {
    const task = await start(
      rawExec,
      shell('trap "echo got it; exit 7" HUP; echo > ready; while :; do sleep 0.02; done'),
    );
    await written('ready');
    await expect(task.signal('SIGNONE')).rejects.toThrow('unknown signal "SIGNONE"');
    await task.signal('HUP');
    expect(await task.exit).toMatchObject({ exitCode: 7 });
    expect(log('stdout')).toBe('got it\n');
  });

  test('is found again by another agent, while it runs and after it has ended', async () => {
    const first = await start(
      rawExec,
      shell('echo $$ > pid; while [ ! -e go ]; do sleep 0.02; done; echo done; exit 4'),
    );
    await written('pid');
    await first.detach();
    const handle = JSON.parse(JSON.stringify(first.handle)) as typeof first.handle;
    const again = await rawExec.recover(handle, startOf({}));
    writeFileSync(join(folder, 'task', 'go'), 'go');
    expect(await again?.exit).toMatchObject({ exitCode: 4 });
    const later = await rawExec.recover(handle, startOf({}));
    expect(await later?.exit).toMatchObject({ exitCode: 4 });
    expect(log('stdout')).toBe('done\n');
    rmSync(join(folder, 'task', '.steppe'), { recursive: true });
    expect(await rawExec.recover(handle, startOf({}))).toBeUndefined();
  });

  test('whose supervisor is killed is ended, too', async () => {
    const task = await start(rawExec, shell('echo $$ > pid; exec sleep 100'));
    const pid = Number(await written('pid'));
    process.kill((task.handle['supervisor'] as { pid: number }).pid, 'SIGKILL');
    expect(await task.exit).toMatchObject({ exitCode: -1, reason: 'its supervisor is gone' });
    for (let i = 0; i < 200 && isAlive(pid); i += 1) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    expect(isAlive(pid)).toBe(false);
  });

  test('keeps no more of the output than it may', async () => {
    const task = await start(rawExec, shell('head -c 2621440 /dev/zero | tr "\\0" x; echo end'));
    await task.exit;
    expect(existsSync(join(folder, 'logs', 'main.stdout.0'))).toBe(false);
    expect(log('stdout', 1)).toHaveLength(1_048_576);
    expect(log('stdout', 2).slice(-4)).toBe('end\n');
  });

  test.each<[object, string]>([
    [{ command: '/does/not/exist' }, 'failed to start /does/not/exist: spawn /does/not/exist ENOENT'],
    [{}, 'raw_exec: config.command must be a text, got nothing'],
    [{ command: 'ls', args: 'x' }, 'raw_exec: config.args must be a list of texts, got "x"'],
    [{ command: 'ls', image: 'x' }, 'raw_exec: config.image is not known; there is command, args, got "x"'],
  ])('%j: %s', async (config, message) => {
    await expect(start(rawExec, config)).rejects.toThrow(message);
  });

  test('runs as the user of the agent, and as nobody else', async () => {
    await expect(start(rawExec, shell('true'), { user: 'somebody' })).rejects.toThrow(
      /^raw_exec: user must be that of/,
    );
    const task = await start(rawExec, shell('true'), { user: userInfo().username });
    expect(await task.exit).toMatchObject({ exitCode: 0 });
  });

  test('is only there where it is switched on', async () => {
    expect(await rawExec.fingerprint()).toMatchObject({ detected: true, healthy: true });
    const off = new RawExecDriver({ enabled: false }, { clock });
    expect(await off.fingerprint()).toEqual({
      attributes: {},
      detected: false,
      healthy: false,
      healthDescription: 'disabled',
    });
  });
});

describe.each(['process', 'thread'])('node, in a %s', (isolation) => {
  const module = (name: string, text: string): string => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, text);
    return file;
  };
  const run = (text: string, config: object = {}, changes: Partial<TaskStart> = {}) =>
    start(node, { module: module('main', text), isolation, ...config }, changes);

  test('calls the default function, whose return is the end', async () => {
    const task = await run(
      'export default async ({ args, env, allocation }) => console.log(args.join(), env.GREETING, allocation.task, allocation.index)',
      { args: ['a', 'b'] },
    );
    expect(await task.exit).toEqual({ exitCode: 0, signal: 0, oomKilled: false, reason: '' });
    expect(log('stdout')).toBe('a,b hello main 3\n');
  });

  test('asks it to end by a signal of its own', async () => {
    const ready = JSON.stringify(join(folder, 'task', 'ready'));
    const task = await run(`import { writeFileSync } from 'node:fs';
      export default ({ signal }) => new Promise((resolve) => {
        const timer = setInterval(() => undefined, 1000);
        signal.addEventListener('abort', () => { clearInterval(timer); console.log('bye'); resolve(); });
        writeFileSync(${ready}, 'x');
      });`);
    await written('ready');
    await task.stop({ signal: '', timeoutMs: 5_000 });
    expect(await task.exit).toMatchObject({ exitCode: 0 });
    expect(log('stdout')).toBe('bye\n');
  });

  test('a throw is the end with code 1, and stands in its errors', async () => {
    const task = await run('export default () => { throw new Error("out of luck") }');
    expect(await task.exit).toMatchObject({ exitCode: 1 });
    expect(log('stderr')).toContain('out of luck');
  });

  test('a script without a function lives as long as it has something to do', async () => {
    const task = await run('setTimeout(() => console.log("later"), 20)');
    expect(await task.exit).toMatchObject({ exitCode: 0 });
    expect(log('stdout')).toBe('later\n');
  });

  test('one whose event loop is stuck is ended', async () => {
    const task = await run('export default () => { for (;;); }', { heartbeat: '300ms' });
    expect(await task.exit).toMatchObject({ reason: 'no sign of life for 300 ms' });
  });

  test('one that wants more memory than it may have ends', async () => {
    const text = 'const all = []; export default () => { for (;;) all.push(new Array(1e5).fill(Math.random())); }';
    const task = await run(text, {}, { resources: { ...RESOURCES, memoryMb: 20 } });
    expect((await task.exit).exitCode).not.toBe(0);
  });

  test('a module that is not there says so in its errors', async () => {
    const task = await start(node, { module: join(folder, 'none.mjs'), isolation });
    expect(await task.exit).toMatchObject({ exitCode: 1 });
    expect(log('stderr')).toContain('none.mjs');
  });
});

test.each<[object, string]>([
  [{}, 'node: config.module must be a text, got nothing'],
  [{ module: 'x', isolation: 'vm' }, 'node: config.isolation must be process or thread, got "vm"'],
  [{ module: 'x', heartbeat: 'soon' }, 'node: config.heartbeat must be a duration of at least 100ms, got "soon"'],
  [{ module: 'x', heartbeat: '1ms' }, 'node: config.heartbeat must be a duration of at least 100ms, got "1ms"'],
])('node %j: %s', async (config, message) => {
  await expect(start(node, config)).rejects.toThrow(message);
});

test('a process of the node driver gets every signal, a thread those that end it, and says so of others', async () => {
  const ready = JSON.stringify(join(folder, 'task', 'ready'));
  const file = join(folder, 'listens.mjs');
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
     process.on('SIGHUP', () => { console.log('hup'); process.exit(5); });
     export default ({ signal }) => new Promise((resolve) => {
       const timer = setInterval(() => undefined, 1000);
       signal.addEventListener('abort', () => { clearInterval(timer); resolve(); });
       writeFileSync(${ready}, 'x');
     });`,
  );
  const process = await start(node, { module: file });
  await written('ready');
  await process.signal('SIGHUP');
  expect(await process.exit).toMatchObject({ exitCode: 5 });
  expect(log('stdout')).toBe('hup\n');

  rmSync(join(folder, 'task', 'ready'));
  const thread = await start(node, { module: file, isolation: 'thread' });
  await written('ready');
  await expect(thread.signal('SIGHUP')).rejects.toMatchObject({
    code: 'DRIVER_SIGNAL_INVALID',
    message: 'a task in a thread cannot be sent "SIGHUP", only SIGINT, SIGTERM, SIGQUIT, SIGKILL',
  });
  await thread.signal('SIGTERM');
  expect(await thread.exit).toMatchObject({ exitCode: 0 });
});

test('a thread is not found again: it has ended with its agent', async () => {
  expect(await node.recover({}, startOf({}))).toBeUndefined();
});
