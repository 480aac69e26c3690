import { describe, expect, test } from '@jest/globals';
import type { TaskIdentity } from '@steppe/domain';
import { IDENTITY_WIRE, SteppeError } from '@steppe/domain';
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

describe('identity tokens', () => {
  const identity = (changes: Partial<TaskIdentity> = {}): TaskIdentity => ({ ...IDENTITY_WIRE.empty, ...changes });
  const signed = (task: string, name = 'default') => ({ task, identity: name, token: `jwt-of-${task}-${name}` });

  test('are in the environment and in files where the task wants them, and nowhere else', async () => {
    const { driver, folders, logger, runner, start } = create({
      tasks: [
        exampleTask('both', {
          identity: identity({ env: true, file: true }),
          identities: [
            identity({ name: 'vault', env: true, file: true }),
            identity({ name: 'aws', file: true, filepath: 'local/aws.jwt' }),
          ],
          config: { a: '${NOMAD_TOKEN}', b: '${NOMAD_TOKEN_vault}' },
        }),
        exampleTask('none', { identity: identity() }),
      ],
      identities: [signed('both'), signed('both', 'vault'), signed('both', 'aws'), signed('none')],
    });
    await start();
    const env = driver.tasks.get('both')?.start.env;
    expect([env?.['NOMAD_TOKEN'], env?.['NOMAD_TOKEN_vault']]).toEqual(['jwt-of-both-default', 'jwt-of-both-vault']);
    expect(env).not.toHaveProperty('NOMAD_TOKEN_aws');
    expect(driver.tasks.get('none')?.start.env).not.toHaveProperty('NOMAD_TOKEN');
    expect(Object.fromEntries(folders.tokens)).toEqual({
      [`${ALLOC_ID}/both/secrets/nomad_token`]: 'jwt-of-both-default',
      [`${ALLOC_ID}/both/secrets/nomad_vault.jwt`]: 'jwt-of-both-vault',
      [`${ALLOC_ID}/both/local/aws.jwt`]: 'jwt-of-both-aws',
    });
    expect(driver.tasks.get('both')?.start.config).toEqual({ a: '${NOMAD_TOKEN}', b: '${NOMAD_TOKEN_vault}' });
    expect(JSON.stringify([runner.record, runner.report, logger.lines])).not.toContain('jwt-of');
  });

  test('that come with a change are in the file of a task that runs', async () => {
    const { clock, folders, runner, start } = create({
      tasks: [exampleTask('main', { identity: identity({ file: true }) })],
      identities: [signed('main')],
    });
    await start();
    runner.update({ ...runner.assigned, identities: [{ ...signed('main'), token: 'second' }] });
    await clock.advance(0);
    expect([...folders.tokens.values()]).toEqual(['second']);
  });

  /** One task whose token is good for a minute. */
  const minute = (changes: Partial<TaskIdentity>) =>
    create({
      tasks: [exampleTask('main', { identity: identity({ ttlMs: 60_000, ...changes }) })],
      identities: [signed('main')],
    });

  test('that expire are renewed at half of their life, again and again, and nothing is done to a task that wants nothing', async () => {
    const { clock, driver, events, folders, runner, signer, start } = minute({ file: true });
    await start();
    await clock.advance(29_999);
    expect(signer.asked).toEqual([]);
    await clock.advance(1);
    expect([...folders.tokens.values()]).toEqual(['renewed-1']);
    await clock.advance(30_000);
    expect([...folders.tokens.values()]).toEqual(['renewed-2']);
    expect(signer.asked).toEqual(['main/default', 'main/default']);
    expect([driver.history, events()]).toEqual([['start main@0'], ['Received', 'Task Setup', 'Started']]);
    await runner.stop();
    expect(clock.pending).toBe(0);
  });

  test('restart the task where it wants that, without its policy counting it', async () => {
    const { clock, driver, events, message, runner, start } = create({
      tasks: [exampleTask('main', { identity: identity({ ttlMs: 60_000, env: true, changeMode: 'restart' }) })],
      group: { restartPolicy: { attempts: 0, intervalMs: 0, delayMs: 0, mode: 'fail', renderTemplates: false } },
      identities: [signed('main')],
    });
    driver.stopsAfterMs = 100;
    await start();
    await clock.advance(30_000);
    expect(events()?.slice(2)).toEqual(['Started', 'Restart Signaled']);
    expect(message()).toBe('Identity[default]: new token acquired');
    await clock.advance(100);
    expect(driver.history).toEqual(['start main@0', 'stop main default 5000@30000', 'start main@30100']);
    expect(driver.tasks.get('main')?.start.env['NOMAD_TOKEN']).toBe('renewed-1');
    expect(events()?.slice(4)).toEqual(['Terminated', 'Restarting', 'Started']);
    expect(runner.report.taskStates['main']).toMatchObject({ state: 'running', restarts: 1, failed: false });
    driver.stopsAfterMs = 0;
    await runner.stop();
  });

  test('of a task that had ended and is run again with all others are renewed again', async () => {
    const { clock, driver, folders, runner, signer, start } = create({
      tasks: [
        exampleTask('init', { ...hook('prestart'), identity: identity({ ttlMs: 60_000, file: true }) }),
        exampleTask('main'),
      ],
      identities: [signed('init')],
    });
    await start();
    driver.end('init', GOOD_END);
    await clock.advance(300_000);
    expect(signer.asked).toEqual([]);
    await runner.restart({ task: '', allTasks: true });
    await clock.advance(0);
    expect(signer.asked).toEqual(['init/default']);
    expect([...folders.tokens.values()]).toEqual(['renewed-1']);
    await runner.stop();
  });

  test('send the task a signal where it wants that, once the file is another', async () => {
    const { clock, driver, events, folders, message, runner, start } = minute({
      file: true,
      changeMode: 'signal',
      changeSignal: 'SIGHUP',
    });
    await start();
    await clock.advance(30_000);
    expect([driver.history.at(-1), [...folders.tokens.values()]]).toEqual(['signal main SIGHUP@30000', ['renewed-1']]);
    expect([events()?.at(-1), message()]).toEqual([
      'Signaling',
      'Task being sent signal SIGHUP: Identity[default]: new token acquired',
    ]);
    await runner.stop();
  });

  test('that are renewed while a task is being started are known to it as soon as it runs', async () => {
    const { clock, driver, folders, runner, start } = minute({
      file: true,
      env: true,
      changeMode: 'signal',
      changeSignal: 'SIGHUP',
    });
    driver.onStart = () => new Promise((resolve) => clock.setTimer(40_000, resolve));
    await start();
    await clock.advance(39_999);
    expect([driver.history, [...folders.tokens.values()]]).toEqual([['start main@0'], ['jwt-of-main-default']]);
    await clock.advance(1);
    expect(driver.history).toEqual(['start main@0', 'signal main SIGHUP@40000']);
    expect([...folders.tokens.values()]).toEqual(['renewed-1']);
    await runner.stop();
  });

  test('that are renewed between two starts are no news to the second', async () => {
    const { clock, driver, runner, start } = create({
      tasks: [exampleTask('main', { identity: identity({ ttlMs: 60_000, env: true, changeMode: 'restart' }) })],
      group: { restartPolicy: { attempts: 5, intervalMs: 0, delayMs: 20_000, mode: 'fail', renderTemplates: false } },
      identities: [signed('main')],
    });
    await start();
    await clock.advance(25_000);
    driver.end('main', BAD_END);
    await clock.advance(20_000);
    expect(driver.history).toEqual(['start main@0', 'start main@45000']);
    expect(driver.tasks.get('main')?.start.env['NOMAD_TOKEN']).toBe('renewed-1');
    await runner.stop();
  });

  test('are not asked for any more once the servers want the allocation to end', async () => {
    const { clock, driver, runner, signer, start } = minute({ file: true });
    driver.stopsAfterMs = 4_000;
    await start();
    await clock.advance(29_000);
    const { allocation } = runner.assigned;
    runner.update({ ...runner.assigned, allocation: { ...allocation, desiredStatus: 'stop' } });
    await clock.advance(3_000);
    expect([signer.asked, runner.isTerminal]).toEqual([[], false]);
    await clock.advance(1_000);
    expect(runner.isTerminal).toBe(true);
  });

  test('a task that is being killed is not started again by a renewal', async () => {
    const { clock, driver, runner, start } = minute({ changeMode: 'restart' });
    driver.stopsAfterMs = 2_000;
    await start();
    await clock.advance(29_000);
    void runner.stop();
    await clock.advance(5_000);
    expect(driver.history).toEqual(['start main@0', 'stop main default 5000@29000']);
    expect(runner.isTerminal).toBe(true);
  });

  test('a kill during a restart ends it for good', async () => {
    const { clock, driver, runner, start } = minute({ changeMode: 'restart' });
    driver.stopsAfterMs = 2_000;
    await start();
    await clock.advance(31_000);
    void runner.stop();
    await clock.advance(5_000);
    expect(driver.history.filter((what) => what.startsWith('start'))).toEqual(['start main@0']);
    expect([runner.isTerminal, runner.report.clientStatus]).toEqual([true, 'complete']);
  });

  test('are asked for ever more seldom while servers cannot be reached, and are there once they can', async () => {
    const { clock, driver, folders, logger, runner, signer, start } = minute({ file: true });
    await start();
    signer.failure = 'no servers';
    await clock.advance(30_000 + 1_000 + 2_000 + 4_000);
    expect(signer.asked).toHaveLength(4);
    signer.failure = undefined;
    await clock.advance(7_999);
    expect([...folders.tokens.values()]).toEqual(['jwt-of-main-default']);
    await clock.advance(1);
    expect([...folders.tokens.values()]).toEqual(['renewed-1']);
    expect(driver.history).toEqual(['start main@0']);
    expect(JSON.stringify(logger.lines)).not.toContain('jwt');
    await runner.stop();
  });

  test('whose file cannot be written are asked for again, and the task hears nothing', async () => {
    const { clock, driver, folders, runner, start } = minute({
      file: true,
      changeMode: 'signal',
      changeSignal: 'SIGHUP',
    });
    await start();
    folders.tokenFailure = 'disk full';
    await clock.advance(30_000);
    expect(driver.history).toEqual(['start main@0']);
    folders.tokenFailure = undefined;
    await clock.advance(1_000);
    expect(driver.history.slice(1)).toEqual(['signal main SIGHUP@31000']);
    await runner.stop();
  });

  test('only those that are due are renewed', async () => {
    const { clock, runner, signer, start } = create({
      tasks: [
        exampleTask('main', {
          identity: identity({ ttlMs: 60_000 }),
          identities: [identity({ name: 'long', ttlMs: 600_000 }), identity({ name: 'ever' })],
        }),
      ],
      identities: [signed('main'), signed('main', 'long'), signed('main', 'ever')],
    });
    await start();
    await clock.advance(90_000);
    expect(signer.asked).toEqual(['main/default', 'main/default', 'main/default']);
    await runner.stop();
  });

  test('a restarted agent goes on where it was: by the token that the task has, not by the one it gets itself', async () => {
    const before = minute({ file: true, changeMode: 'signal', changeSignal: 'SIGHUP' });
    const { clock, driver } = before;
    await before.start();
    await clock.advance(20_000);
    await before.runner.detach();
    await clock.advance(60_000);
    expect(before.signer.asked).toEqual([]);
    const record = JSON.parse(JSON.stringify({ ...before.runner.record, acknowledged: '' })) as AllocRecord;

    const task = before.runner.assigned.job.taskGroups[0]?.tasks ?? [];
    const after = create({ tasks: task }, { clock, driver, record });
    after.runner.start();
    after.runner.update({ ...after.runner.assigned, identities: [{ ...signed('main'), token: 'fresh' }] });
    await clock.advance(0);
    // What the task has is over by now: it is told of the new one at once.
    expect(driver.history.at(-1)).toBe('signal main SIGHUP@80000');
    expect([...after.folders.tokens.values()]).toEqual(['renewed-1']);
    await after.runner.stop();
  });

  test('a clock that was set back while the agent was away does not put a renewal off', async () => {
    const before = minute({ file: true });
    await before.start();
    await before.runner.detach();
    const { renewals = {}, ...rest } = before.runner.record;
    const record = {
      ...rest,
      acknowledged: '',
      renewals: Object.fromEntries(Object.entries(renewals).map(([key, atMs]) => [key, atMs + 86_400_000])),
    };
    const after = create(
      { tasks: before.runner.assigned.job.taskGroups[0]?.tasks ?? [] },
      { clock: before.clock, driver: before.driver, record },
    );
    after.runner.start();
    await before.clock.advance(0);
    expect(after.signer.asked).toEqual(['main/default']);
    await after.runner.stop();
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
