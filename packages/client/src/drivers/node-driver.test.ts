import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SystemClock } from '@steppe/runtime';
import { eventually } from '@steppe/testing';
import { TaskFolders } from '../testing/task-folders.js';
import { NodeDriver } from './node-driver.js';
import type { RunningTask } from './task-driver.js';

const driver = new NodeDriver({ clock: new SystemClock() });

let folders: TaskFolders;
const running: RunningTask[] = [];

beforeEach(async () => {
  folders = await TaskFolders.create();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((task) => task.stop({ signal: 'SIGKILL', timeoutMs: 0 })));
  await folders.remove();
});

describe.each(['process', 'thread'])('a module in a %s', (isolation) => {
  const spec = (source: string, config: Readonly<Record<string, unknown>> = {}) =>
    folders.task({ module: 'local/app.mjs', isolation, ...config }, { files: { 'local/app.mjs': source } });

  const start = async (source: string, config?: Readonly<Record<string, unknown>>): Promise<RunningTask> => {
    const task = await driver.start(await spec(source, config));
    running.push(task);
    return task;
  };

  const stdout = async (text: string): Promise<void> =>
    eventually(5_000, async () => expect((await folders.logs())['web.stdout.0']).toBe(text));

  test('its default function gets what it needs, and its return ends the task', async () => {
    const task = await start(
      `export default async ({ signal, args, env, allocation }) =>
        console.log(JSON.stringify([signal.aborted, args, env.GREETING, env.HOME, allocation, process.argv.slice(2)]))`,
      { args: ['a', 1] },
    );
    expect(await task.exit).toEqual({ exitCode: 0, signal: 0, oomKilled: false, reason: '' });
    const { 'web.stdout.0': text = '' } = await folders.logs();
    expect(JSON.parse(text)).toEqual([
      false,
      ['a', '1'],
      'hello',
      null,
      { id: 'f0f3bc1b-9dd7-4d0d-a7d4-4ef8a62b1b5d', taskName: 'web' },
      ['a', '1'],
    ]);
  });

  test('its signal aborts when the task is to stop, also after a restart of the agent', async () => {
    const source = `export default ({ signal }) => new Promise((resolve) => {
      signal.addEventListener('abort', () => { console.log('bye'); resolve(); });
      console.log('ready');
    })`;
    const first = await start(source);
    await stdout('ready\n');
    await first.detach();
    running.length = 0;
    const task = await driver.recover(first.handle, await spec(source));
    await task?.stop({ signal: '', timeoutMs: 5_000 });
    expect(await task?.exit).toMatchObject({ exitCode: 0, signal: 0 });
    expect((await folders.logs())['web.stdout.0']).toBe('ready\nbye\n');
  });

  test('what it throws is in stderr, and the exit code is 1', async () => {
    const task = await start(`export default () => { throw new Error('no luck') }`);
    expect(await task.exit).toMatchObject({ exitCode: 1 });
    expect((await folders.logs())['web.stderr.0']).toMatch(/^Error: no luck\n/);
  });

  test('without a default function it runs as a script, and a stop ends it', async () => {
    expect(await (await start(`setTimeout(() => console.log('later'), 5)`)).exit).toMatchObject({ exitCode: 0 });
    await stdout('later\n');
    const endless = await start(`console.log('ready'); setInterval(() => undefined, 1000)`);
    await stdout('later\nready\n');
    await endless.stop({ signal: '', timeoutMs: 5_000 });
    expect(await endless.exit).toMatchObject({ exitCode: 143, signal: 15 });
  });

  test('it may be a package, found from the folder of the task', async () => {
    const base = await spec('');
    const config = { module: 'greeter', isolation };
    const { mkdir, writeFile } = await import('node:fs/promises');
    await mkdir(`${base.taskFolder}/node_modules/greeter`, { recursive: true });
    const manifest = { name: 'greeter', type: 'module', exports: { import: './main.js' } };
    await writeFile(`${base.taskFolder}/node_modules/greeter/package.json`, JSON.stringify(manifest));
    await writeFile(`${base.taskFolder}/node_modules/greeter/main.js`, `export default () => console.log('hi')`);
    const task = await driver.start({ ...base, config });
    running.push(task);
    expect(await task.exit).toMatchObject({ exitCode: 0 });
    expect(await folders.logs()).toEqual({ 'web.stderr.0': '', 'web.stdout.0': 'hi\n' });
  });

  test('an event loop that does not answer ends the task', async () => {
    const task = await start(`export default () => { for (;;); }`, { heartbeat: '300ms' });
    expect(await task.exit).toEqual({
      exitCode: 137,
      signal: 9,
      oomKilled: false,
      reason: 'the event loop did not answer for 300 ms',
    });
  });

  test('more memory than the job asked for ends the task', async () => {
    const base = await spec(`const all = []; for (;;) all.push(new Array(10_000).fill(all.length + 0.5));`);
    const task = await driver.start({ ...base, resources: { ...base.resources, memoryMb: 20 } });
    running.push(task);
    expect(await task.exit).toMatchObject({ oomKilled: true });
  });
});

test('a thread gets no signal but those that end it', async () => {
  const files = { 'app.mjs': `setInterval(() => undefined, 1000)` };
  const task = await driver.start(await folders.task({ module: './app.mjs', isolation: 'thread' }, { files }));
  running.push(task);
  await expect(task.signal('SIGHUP')).rejects.toThrow(
    'invalid signal "SIGHUP"; this task gets SIGINT, SIGKILL, SIGTERM',
  );
});

test.each([
  [{}, 'setting "module" must be given, got nothing'],
  [{ module: 'a', isolation: 'vm' }, 'setting "isolation" must be one of process, thread, got "vm"'],
  [{ module: 'a', heartbeat: 'soon' }, 'setting "heartbeat" must be a duration such as "10s", got "soon"'],
  [{ module: 'a', heartbeat: '1ms' }, 'setting "heartbeat" must be from 100 ms to 3600000 ms, got "1ms"'],
  [
    { module: 'a', node_args: [] },
    'setting "node_args" is not known; there are module, args, isolation, heartbeat, got []',
  ],
])('settings %j are refused', async (config, message) => {
  await expect(driver.start(await folders.task(config))).rejects.toThrow(`driver "node": ${message}`);
});

test('the driver is there and healthy', async () => {
  expect(await driver.fingerprint()).toMatchObject({
    attributes: { 'driver.node': '1' },
    detected: true,
    healthy: true,
  });
});
