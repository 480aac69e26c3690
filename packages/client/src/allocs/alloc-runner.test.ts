import { describe, expect, test } from '@jest/globals';
import { SteppeError } from '@steppe/domain';
import { ALLOC_ID, exampleTask } from '../testing/example-alloc.js';
import type { ExampleOptions } from '../testing/example-alloc.js';
import { createRunner as create, hook } from '../testing/example-runner.js';
import { BAD_END, GOOD_END } from '../testing/fake-task-driver.js';
import type { AllocRecord } from './alloc-record.js';

describe('one task', () => {
  test('runs, and the allocation is pending, running, complete', async () => {
    const { driver, events, folders, runner, start, statuses, clock, message } = create({ type: 'batch' });
    await start();
    expect([driver.history, runner.report.clientDescription]).toEqual([['start main@0'], 'Tasks are running']);
    expect(folders.folders.has(ALLOC_ID)).toBe(true);
    await clock.advance(1_000);
    driver.end('main', GOOD_END);
    await runner.ended;
    expect(statuses).toEqual(['pending', 'running', 'complete']);
    expect(events()).toEqual(['Received', 'Task Setup', 'Started', 'Terminated']);
    expect(message()).toBe('Exit Code: 0');
    expect(runner.report.taskStates['main']).toMatchObject({
      state: 'dead',
      failed: false,
      startedAtMs: clock.now() - 1_000,
      finishedAtMs: clock.now(),
    });
  });

  test('a service that ends well is started again, within its policy; then it fails', async () => {
    const { clock, driver, events, runner, start, statuses } = create({
      group: {
        restartPolicy: { attempts: 1, intervalMs: 60_000, delayMs: 2_000, mode: 'fail', renderTemplates: false },
      },
    });
    await start();
    driver.end('main', GOOD_END);
    await clock.advance(1_999);
    expect(driver.history).toEqual(['start main@0']);
    await clock.advance(1);
    expect(driver.history).toEqual(['start main@0', 'start main@2000']);
    expect(runner.report.taskStates['main']).toMatchObject({ restarts: 1, state: 'running' });
    driver.end('main', BAD_END);
    await runner.ended;
    expect(statuses).toEqual(['pending', 'running', 'failed']);
    expect(events()?.slice(3)).toEqual(['Terminated', 'Restarting', 'Started', 'Terminated', 'Not Restarting']);
    const texts = runner.report.taskStates['main']?.events.map(({ displayMessage }) => displayMessage);
    expect(texts).toContain('Restart within policy - Task restarting in 2s');
    expect(texts?.slice(-2)).toEqual([
      'Exit Code: 7',
      'Exceeded allowed attempts 1 in interval 1m0s and mode is "fail"',
    ]);
  });

  test('a driver that this node does not have fails it at once', async () => {
    const { events, message, runner, start } = create({ tasks: [exampleTask('main', { driver: 'docker' })] });
    await start();
    expect(runner.report.clientStatus).toBe('failed');
    expect(events()?.slice(2)).toEqual(['Driver Failure', 'Not Restarting']);
    expect(message()).toBe('Error was unrecoverable');
    expect(runner.report.taskStates['main']?.events[2]?.displayMessage).toContain('no driver "docker"');
  });

  test('settings that the driver refuses fail it at once, other trouble is tried again', async () => {
    const refused = create();
    refused.driver.onStart = () => {
      throw new SteppeError({ code: 'DRIVER_CONFIG_INVALID' }, 'command must be a text, got 7');
    };
    await refused.start();
    expect(refused.runner.isTerminal).toBe(true);
    expect(refused.runner.report.taskStates['main']?.events[2]?.displayMessage).toBe('command must be a text, got 7');

    const unlucky = create();
    unlucky.driver.onStart = () => {
      if (unlucky.driver.history.length < 2) throw new Error('no memory');
    };
    await unlucky.start();
    await unlucky.clock.advance(15_000);
    expect(unlucky.driver.history).toEqual(['start main@0', 'start main@15000']);
    expect(unlucky.runner.report.clientStatus).toBe('running');
  });

  test('a driver that breaks its promises ends its task, and nothing else', async () => {
    const { clock, driver, runner, start, events } = create({ type: 'batch' });
    const startTask = driver.start.bind(driver);
    driver.start = async (task) => {
      const running = await startTask(task);
      return Object.create(running, { exit: { value: Promise.reject(new Error('lost')) } }) as typeof running;
    };
    await start();
    await clock.advance(0);
    expect(events()?.slice(2)).toEqual(['Started', 'Terminated', 'Restarting']);
    expect(runner.report.taskStates['main']?.events.map(({ displayMessage }) => displayMessage)).toContain(
      'Exit Code: -1, Exit Message: "lost"',
    );
    await runner.stop();
    expect(runner.isTerminal).toBe(true);
  });

  test('a name that leads out of the folder is a failure of the setup, and nothing is started', async () => {
    const { driver, events, runner, start } = create({ tasks: [exampleTask('../../etc')] });
    await start();
    expect([runner.report.clientStatus, driver.history]).toEqual(['failed', []]);
    expect(events('../../etc')?.at(-1)).toBe('Setup Failure');
  });

  test('the ten newest events are kept', async () => {
    const { clock, driver, events, start } = create({
      group: { restartPolicy: { attempts: 9, intervalMs: 60_000, delayMs: 0, mode: 'fail', renderTemplates: false } },
    });
    await start();
    for (let i = 0; i < 9; i += 1) {
      driver.end('main', BAD_END);
      await clock.advance(0);
    }
    expect(events()).toHaveLength(10);
    expect(events()?.at(-1)).toBe('Started');
  });
});

describe('stopping', () => {
  test('sends the signal the task asks for, and waits no longer than the node allows', async () => {
    const { clock, driver, events, runner, start } = create({
      tasks: [exampleTask('main', { killSignal: 'SIGINT', killTimeoutMs: 90_000 })],
    });
    driver.stopsAfterMs = 1_000_000;
    await start();
    void runner.stop();
    await clock.advance(29_999);
    expect(runner.isTerminal).toBe(false);
    await clock.advance(1);
    expect(driver.history).toEqual(['start main@0', 'stop main SIGINT 30000@0']);
    expect([runner.report.clientStatus, runner.isTerminal]).toEqual(['complete', true]);
    expect(events()?.slice(3)).toEqual(['Killing', 'Terminated', 'Killed']);
  });

  test('a signal the driver does not know does not keep it alive', async () => {
    const { clock, driver, runner, start } = create({ tasks: [exampleTask('main', { killSignal: 'SIGFOO' })] });
    driver.refusedSignal = 'SIGFOO';
    await start();
    void runner.stop();
    await clock.advance(0);
    expect(driver.history.slice(1)).toEqual(['stop main SIGFOO 5000@0', 'stop main default 5000@0']);
    expect(runner.isTerminal).toBe(true);
  });

  test('delays of the group and of the task come before the signal, unless nobody wants to wait', async () => {
    const tasks = [exampleTask('main', { shutdownDelayMs: 2_000 })];
    const patient = create({ tasks, group: { shutdownDelayMs: 3_000 } });
    await patient.start();
    void patient.runner.stop();
    await patient.clock.advance(5_000);
    expect(patient.driver.history.at(-1)).toBe('stop main default 5000@5000');

    const hurried = create({ tasks, group: { shutdownDelayMs: 3_000 } });
    await hurried.start();
    const { allocation, ...rest } = hurried.runner.assigned;
    const desiredTransition = { migrate: false, reschedule: false, forceReschedule: false, noShutdownDelay: true };
    hurried.runner.update({ ...rest, allocation: { ...allocation, desiredStatus: 'stop', desiredTransition } });
    await hurried.clock.advance(0);
    expect(hurried.driver.history.at(-1)).toBe('stop main default 5000@0');
    expect(hurried.runner.report.clientStatus).toBe('complete');
  });

  test('between two starts it just ends', async () => {
    const { clock, driver, runner, start } = create();
    await start();
    driver.end('main', BAD_END);
    await clock.advance(1_000);
    await runner.stop();
    expect([runner.report.clientStatus, clock.pending]).toEqual(['complete', 0]);
  });

  test('while it is being started: it is started, then stopped', async () => {
    const { clock, driver, runner, start } = create();
    driver.onStart = () => new Promise((resolve) => clock.setTimer(500, resolve));
    await start();
    const stopped = runner.stop();
    await clock.advance(500);
    await stopped;
    expect(driver.history).toEqual(['start main@0', 'stop main default 5000@500']);
  });
});

describe('the tasks of a group', () => {
  const TASKS = [
    exampleTask('main'),
    exampleTask('init', hook('prestart')),
    exampleTask('proxy', hook('prestart', true)),
    exampleTask('warm', hook('poststart')),
    exampleTask('clean', hook('poststop')),
  ];

  test('come in their order', async () => {
    const { clock, driver, events, runner, start, statuses } = create({ tasks: TASKS, type: 'batch' });
    await start();
    expect(driver.history).toEqual(['start init@0', 'start proxy@0']);
    await clock.advance(10);
    driver.end('init', GOOD_END);
    await clock.advance(10);
    expect(driver.history.slice(2)).toEqual(['start main@10', 'start warm@10']);
    driver.end('warm', GOOD_END);
    driver.end('main', GOOD_END);
    await clock.advance(10);
    expect(driver.history.slice(4)).toEqual(['stop proxy default 5000@20', 'start clean@20']);
    expect(events('proxy')).toContain('Main Tasks Dead');
    expect(runner.isTerminal).toBe(false);
    driver.end('clean', GOOD_END);
    await runner.ended;
    expect(statuses).toEqual(['pending', 'running', 'complete']);
  });

  test('when one fails for good the others are stopped, and what cleans up runs', async () => {
    const { clock, driver, events, runner, start } = create({
      tasks: TASKS,
      group: { restartPolicy: { attempts: 0, intervalMs: 0, delayMs: 0, mode: 'fail', renderTemplates: false } },
    });
    await start();
    driver.end('init', BAD_END);
    await clock.advance(0);
    expect(driver.history.slice(2)).toEqual(['stop proxy default 5000@0', 'start clean@0']);
    expect(events('main')).toEqual(['Received', 'Task Setup', 'Sibling Task Failed']);
    driver.end('clean', GOOD_END);
    await runner.ended;
    expect(runner.report).toMatchObject({ clientStatus: 'failed', clientDescription: 'Failed tasks' });
  });

  test('when the leader ends the others are stopped', async () => {
    const { clock, driver, events, runner, start } = create({
      type: 'batch',
      tasks: [exampleTask('main', { leader: true }), exampleTask('other')],
    });
    await start();
    driver.end('main', GOOD_END);
    await clock.advance(0);
    expect([runner.isTerminal, runner.report.clientStatus]).toEqual([true, 'complete']);
    expect(events('other')?.slice(3)).toEqual(['Leader Task Dead', 'Killing', 'Terminated', 'Killed']);
  });

  test('are stopped leader first, sidecars last', async () => {
    const { clock, driver, runner, start } = create({
      tasks: [
        exampleTask('proxy', hook('prestart', true)),
        exampleTask('other'),
        exampleTask('main', { leader: true }),
      ],
    });
    driver.stopsAfterMs = 100;
    await start();
    void runner.stop();
    await clock.advance(300);
    expect(driver.history.slice(3)).toEqual([
      'stop main default 5000@0',
      'stop other default 5000@100',
      'stop proxy default 5000@200',
    ]);
    expect(runner.isTerminal).toBe(true);
  });

  test('where nothing has run there is nothing to clean up after', async () => {
    const { clock, driver, runner } = create({ tasks: TASKS });
    runner.start({ after: { id: 'x', ended: new Promise(() => undefined) } });
    await clock.advance(0);
    await runner.stop();
    expect([driver.history, runner.isTerminal]).toEqual([[], true]);
  });
});

describe('what it takes the place of', () => {
  test('ends first, and leaves its data when that sticks', async () => {
    const { clock, driver, folders, runner } = create({
      group: { ephemeralDisk: { sticky: true, sizeMb: 300, migrate: false } },
    });
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    runner.confirm();
    runner.start({ after: { id: 'earlier', ended } });
    await clock.advance(1_000);
    expect(driver.history).toEqual([]);
    end();
    await clock.advance(0);
    expect([driver.history, folders.adopted]).toEqual([['start main@1000'], [`earlier to ${ALLOC_ID}`]]);
  });
});

describe('identity', () => {
  const identity = {
    name: '',
    audience: [],
    changeMode: '',
    changeSignal: '',
    filepath: '',
    serviceName: '',
    ttlMs: 0,
  };

  test('the token is in the environment and in a file where the task wants it, and nowhere else', async () => {
    const { driver, folders, logger, runner, start } = create({
      tasks: [
        exampleTask('both', { identity: { ...identity, env: true, file: true }, config: { a: '${NOMAD_TOKEN}' } }),
        exampleTask('none', { identity: { ...identity, env: false, file: false } }),
      ],
      identities: { both: 'jwt-of-both', none: 'jwt-of-none' },
    });
    await start();
    expect(driver.tasks.get('both')?.start.env['NOMAD_TOKEN']).toBe('jwt-of-both');
    expect(driver.tasks.get('none')?.start.env).not.toHaveProperty('NOMAD_TOKEN');
    expect([...folders.tokens]).toEqual([[`${ALLOC_ID}/both`, 'jwt-of-both']]);
    expect(driver.tasks.get('both')?.start.config).toEqual({ a: '${NOMAD_TOKEN}' });
    expect(JSON.stringify([runner.record, runner.report, logger.lines])).not.toContain('jwt-of');
  });
});

describe('a newer token', () => {
  test('is in the file of a task that runs', async () => {
    const identity = {
      name: '',
      audience: [],
      changeMode: '',
      changeSignal: '',
      env: false,
      file: true,
      filepath: '',
      serviceName: '',
      ttlMs: 0,
    };
    const { clock, folders, runner, start } = create({
      tasks: [exampleTask('main', { identity })],
      identities: { main: 'first' },
    });
    await start();
    runner.update({ ...runner.assigned, identities: { main: 'second' } });
    await clock.advance(0);
    expect([...folders.tokens.values()]).toEqual(['second']);
  });
});

describe('after a restart of the agent', () => {
  const restarted = async (options: ExampleOptions = {}) => {
    const before = create(options);
    await before.start();
    await before.runner.detach();
    const record = JSON.parse(JSON.stringify({ ...before.runner.record, acknowledged: '' })) as AllocRecord;
    const { clock, driver } = before;
    return { before, again: () => create(options, { clock, driver, record }) };
  };

  test('what still runs is found and goes on', async () => {
    const { again, before } = await restarted({ type: 'batch' });
    const { clock, driver, events, runner } = again();
    runner.start();
    await clock.advance(0);
    expect(before.driver.history).toEqual(['start main@0', 'detach main@0', 'recover main@0']);
    expect(runner.report.taskStates['main']).toEqual(before.runner.report.taskStates['main']);
    driver.end('main', GOOD_END);
    await runner.ended;
    expect(events()).toEqual(['Received', 'Task Setup', 'Started', 'Terminated']);
  });

  test('what is gone waits until the servers are asked, then starts again', async () => {
    const { again } = await restarted();
    const { clock, driver, events, runner } = again();
    driver.processes.clear();
    runner.start();
    await clock.advance(60_000);
    expect(driver.history.slice(2)).toEqual(['recover main@0']);
    expect(events()?.at(-1)).toBe('Failed Restoring Task');
    runner.confirm();
    await clock.advance(0);
    expect(driver.history.slice(3)).toEqual(['start main@60000']);
  });

  test('what the servers do not want any more is stopped, whether it runs or not', async () => {
    const running = (await restarted()).again();
    running.runner.start();
    await running.clock.advance(0);
    await running.runner.stop();
    expect(running.driver.history.slice(2)).toEqual(['recover main@0', 'stop main default 5000@0']);

    const gone = (await restarted()).again();
    gone.driver.processes.clear();
    gone.runner.start();
    await gone.clock.advance(0);
    await gone.runner.stop();
    expect(gone.driver.history.slice(2)).toEqual(['recover main@0']);
    expect(gone.runner.report.clientStatus).toBe('complete');
  });

  test('a stop that comes before anything was looked for finds it first', async () => {
    const { again } = await restarted();
    const { clock, driver, runner } = again();
    void runner.stop();
    await clock.advance(0);
    expect(driver.history.slice(2)).toEqual(['recover main@0', 'stop main default 5000@0']);
    expect(runner.isTerminal).toBe(true);
  });

  test('what had ended stays so', async () => {
    const before = create({ type: 'batch' });
    await before.start();
    before.driver.end('main', GOOD_END);
    await before.runner.ended;
    const { clock, driver } = before;
    const { runner } = create(
      { type: 'batch' },
      { clock, driver, record: { ...before.runner.record, acknowledged: '' } },
    );
    runner.start();
    await runner.ended;
    expect([driver.history, runner.report]).toEqual([['start main@0'], before.runner.report]);
  });
});
