import { describe, expect, test } from '@jest/globals';
import { exampleTask } from '../testing/example-alloc.js';
import { createRunner, hook } from '../testing/example-runner.js';
import { BAD_END, GOOD_END } from '../testing/fake-task-driver.js';
import type { AllocRecord } from './alloc-record.js';

const NO_RESTARTS = {
  restartPolicy: { attempts: 0, intervalMs: 0, delayMs: 0, mode: 'fail', renderTemplates: false },
};
const RUNNING = { task: '', allTasks: false };
const ALL = { task: '', allTasks: true };

describe('restarting a task', () => {
  test('ends it by its kill signal, and starts it at once, although its policy allows none', async () => {
    const { clock, driver, events, message, runner, start, statuses } = createRunner({
      tasks: [exampleTask('main', { killSignal: 'SIGTERM', killTimeoutMs: 90_000 })],
      group: NO_RESTARTS,
    });
    driver.stopsAfterMs = 2_000;
    await start();
    let isOver = false;
    const restarted = runner.restart({ task: 'main', allTasks: false }).then(() => (isOver = true));
    await clock.advance(1_999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await restarted;
    expect(driver.history).toEqual(['start main@0', 'stop main SIGTERM 30000@0', 'start main@2000']);
    expect(events()?.slice(3)).toEqual(['Restart Signaled', 'Terminated', 'Restarting', 'Started']);
    expect(message()).toBe('Task started by client');
    const texts = runner.report.taskStates['main']?.events.map(({ displayMessage }) => displayMessage);
    expect(texts).toContain('User requested task to restart');
    expect(texts).toContain('Task restarting in 0s');
    expect(runner.report.taskStates['main']).toMatchObject({
      state: 'running',
      restarts: 1,
      lastRestartMs: clock.now(),
      startedAtMs: clock.now(),
    });
    expect(statuses).toEqual(['pending', 'running']);
  });

  test('does not count for its policy', async () => {
    const { clock, driver, runner, start } = createRunner({
      group: {
        restartPolicy: { attempts: 1, intervalMs: 60_000, delayMs: 0, mode: 'fail', renderTemplates: false },
      },
    });
    await start();
    for (let i = 0; i < 3; i += 1) {
      await runner.restart(RUNNING);
      await clock.advance(0);
    }
    driver.end('main', BAD_END);
    await clock.advance(0);
    expect(runner.report.clientStatus).toBe('running');
    driver.end('main', BAD_END);
    await clock.advance(0);
    expect(runner.report.clientStatus).toBe('failed');
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    '%i turns after it has ended is granted or refused, not both',
    async (turns) => {
      const { clock, driver, runner, start } = createRunner({ type: 'batch', group: NO_RESTARTS });
      await start();
      driver.end('main', GOOD_END);
      for (let i = 0; i < turns; i += 1) await Promise.resolve();
      const granted = await runner.restart(RUNNING).then(
        () => true,
        () => false,
      );
      await clock.advance(0);
      const starts = driver.history.filter((what) => what.startsWith('start'));
      expect([starts.length, runner.report.clientStatus]).toEqual(granted ? [2, 'running'] : [1, 'complete']);
    },
  );

  test('without a name takes all that run, and leaves the others alone', async () => {
    const { clock, driver, runner, start } = createRunner({
      type: 'batch',
      tasks: [exampleTask('init', hook('prestart')), exampleTask('main'), exampleTask('other')],
    });
    await start();
    driver.end('init', GOOD_END);
    await clock.advance(0);
    await runner.restart(RUNNING);
    await clock.advance(0);
    expect(driver.history.slice(3)).toEqual([
      'stop main default 5000@0',
      'stop other default 5000@0',
      'start main@0',
      'start other@0',
    ]);
  });

  test('gives way to a stop: it is not started again', async () => {
    const { clock, driver, events, runner, start } = createRunner();
    driver.stopsAfterMs = 1_000;
    await start();
    const restarted = runner.restart(RUNNING);
    await clock.advance(500);
    const stopped = runner.stop();
    await clock.advance(500);
    await Promise.all([restarted, stopped]);
    expect(driver.history).toEqual(['start main@0', 'stop main default 5000@0']);
    expect([runner.isTerminal, runner.report.clientStatus, clock.pending]).toEqual([true, 'complete', 0]);
    expect(events()).not.toContain('Restarting');
  });

  test('gives way to the end of the agent: the task goes on without it', async () => {
    const { clock, driver, runner, start } = createRunner();
    driver.stopsAfterMs = 1_000;
    await start();
    const restarted = runner.restart(RUNNING);
    await runner.detach();
    await restarted;
    expect(driver.tasks.get('main')?.isDetached).toBe(true);
    expect(runner.record.tasks['main']?.handle).toEqual({ pid: 101 });
    await clock.advance(1_000);
    expect(driver.history.filter((what) => what.startsWith('start'))).toHaveLength(1);
  });

  test.each([
    [{ task: 'db', allTasks: false }, 'CLIENT_TASK_UNKNOWN', 'unknown task name "db"'],
    [{ task: 'main', allTasks: false }, 'CLIENT_TASK_NOT_RUNNING', 'Task "main" is not running'],
    [RUNNING, 'CLIENT_ALLOC_NOT_RUNNING', 'Allocation "5e8a1f2c-0000-4000-8000-000000000001" is not running'],
    [ALL, 'CLIENT_ALLOC_NOT_RUNNING', 'Allocation "5e8a1f2c-0000-4000-8000-000000000001" is not running'],
  ])('%j of an allocation that has ended is %s', async (restart, code, message) => {
    const { driver, runner, start } = createRunner({ type: 'batch' });
    await start();
    driver.end('main', GOOD_END);
    await runner.ended;
    await expect(runner.restart(restart)).rejects.toMatchObject({ code, message });
  });

  test('that waits for its next start is an error', async () => {
    const { clock, driver, runner, start } = createRunner();
    await start();
    driver.end('main', BAD_END);
    await clock.advance(0);
    await expect(runner.restart({ task: 'main', allTasks: false })).rejects.toThrow('Task "main" is not running');
  });
});

describe('restarting all tasks', () => {
  const TASKS = [
    exampleTask('main'),
    exampleTask('init', hook('prestart')),
    exampleTask('proxy', hook('prestart', true)),
    exampleTask('warm', hook('poststart')),
    exampleTask('clean', hook('poststop')),
  ];

  const running = async () => {
    const created = createRunner({ tasks: TASKS, type: 'batch' });
    await created.start();
    created.driver.end('init', GOOD_END);
    await created.clock.advance(0);
    created.driver.end('warm', GOOD_END);
    await created.clock.advance(0);
    return created;
  };

  test('begins when all have ended, and runs them in their order, those that had ended, too', async () => {
    const { clock, driver, events, runner, statuses } = await running();
    driver.stopsAfterMs = 100;
    const before = driver.history.length;
    const restarted = runner.restart(ALL);
    await clock.advance(100);
    await restarted;
    expect(driver.history.slice(before)).toEqual([
      'stop main default 5000@0',
      'stop proxy default 5000@0',
      'start init@100',
      'start proxy@100',
    ]);
    driver.end('init', GOOD_END);
    await clock.advance(0);
    expect(driver.history.slice(before + 4)).toEqual(['start main@100', 'start warm@100']);
    expect(events('init')?.slice(-4)).toEqual(['Restart Signaled', 'Restarting', 'Started', 'Terminated']);
    expect(events('clean')).toEqual(['Received', 'Task Setup']);
    // Nobody is told that it has ended meanwhile.
    expect(statuses).toEqual(['pending', 'running']);
    driver.stopsAfterMs = 0;
    driver.end('warm', GOOD_END);
    driver.end('main', GOOD_END);
    await clock.advance(0);
    driver.end('clean', GOOD_END);
    await runner.ended;
    expect(statuses).toEqual(['pending', 'running', 'complete']);
  });

  test('takes one that somebody is restarting already, who hears of it, too', async () => {
    const { clock, driver, runner, start } = createRunner();
    driver.stopsAfterMs = 2_000;
    await start();
    const settled: string[] = [];
    const first = runner.restart(RUNNING).then(() => settled.push('one'));
    await clock.advance(1_000);
    const second = runner.restart(ALL).then(() => settled.push('all'));
    await clock.advance(1_000);
    expect(settled.toSorted()).toEqual(['all', 'one']);
    await Promise.all([first, second]);
    await clock.advance(0);
    expect(driver.history).toEqual(['start main@0', 'stop main default 5000@0', 'start main@2000']);
  });

  test('gives way to a stop', async () => {
    const { clock, driver, runner } = await running();
    driver.stopsAfterMs = 1_000;
    const restarted = runner.restart(ALL);
    await clock.advance(500);
    const stopped = runner.stop({ withoutPoststop: true });
    await clock.advance(2_000);
    await Promise.all([restarted, stopped]);
    expect(driver.history.filter((what) => what.startsWith('start init'))).toHaveLength(1);
    expect([runner.isTerminal, clock.pending]).toEqual([true, 0]);
  });

  test('takes one that waits for its next start', async () => {
    const { clock, driver, runner, start } = createRunner({ tasks: [exampleTask('main'), exampleTask('other')] });
    await start();
    driver.end('main', BAD_END);
    await clock.advance(0);
    await runner.restart(ALL);
    await clock.advance(0);
    expect(driver.history.slice(2)).toEqual(['stop other default 5000@0', 'start main@0', 'start other@0']);
    expect(clock.pending).toBe(0);
  });

  test('goes on after a restart of the agent', async () => {
    const { clock, driver, runner } = await running();
    await runner.restart(ALL);
    await clock.advance(0);
    await runner.detach();
    const record = JSON.parse(JSON.stringify({ ...runner.record, acknowledged: '' })) as AllocRecord;
    const again = createRunner({ tasks: TASKS, type: 'batch' }, { clock, driver, record });
    again.runner.start();
    await clock.advance(0);
    again.runner.confirm();
    driver.end('init', GOOD_END);
    await clock.advance(0);
    expect(again.runner.report.taskStates['main']?.state).toBe('running');
    expect(again.runner.report.taskStates['init']?.state).toBe('dead');
  });
});

describe('a signal', () => {
  test('goes to the task that is named, or to all that run, and is an event', async () => {
    const { driver, events, message, runner, start } = createRunner({
      tasks: [exampleTask('main'), exampleTask('other')],
    });
    await start();
    await runner.signal({ task: 'main', signal: 'SIGHUP' });
    await runner.signal({ task: '', signal: 'SIGUSR1' });
    expect(driver.history.slice(2)).toEqual([
      'signal main SIGHUP@0',
      'signal main SIGUSR1@0',
      'signal other SIGUSR1@0',
    ]);
    expect(events('main')?.slice(3)).toEqual(['Signaling', 'Signaling']);
    expect(message('other')).toBe('Task being sent signal SIGUSR1');
  });

  test('that the driver refuses is none', async () => {
    const { driver, events, runner, start } = createRunner();
    driver.refusedSignal = 'SIGFOO';
    await start();
    await expect(runner.signal({ task: 'main', signal: 'SIGFOO' })).rejects.toThrow('no signal SIGFOO');
    expect(events()).not.toContain('Signaling');
  });

  test.each([
    ['db', 'unknown task name "db"'],
    ['main', 'Task "main" is not running'],
    ['', 'is not running'],
  ])('to %j of one that has ended is an error', async (task, message) => {
    const { driver, runner, start } = createRunner({ type: 'batch' });
    await start();
    driver.end('main', GOOD_END);
    await runner.ended;
    await expect(runner.signal({ task, signal: 'SIGHUP' })).rejects.toThrow(message);
  });
});
