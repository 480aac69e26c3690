import type { TaskEvent } from '@steppe/domain';
import { formatGoDuration, msToNanoseconds } from '@steppe/domain';
import type { TaskExit } from '../drivers/task-driver.js';

/** An event without its time. */
export type UntimedEvent = Omit<TaskEvent, 'timeMs'>;

const event = (
  type: string,
  displayMessage: string,
  details: Readonly<Record<string, string>> = {},
  message = '',
): UntimedEvent => ({ type, message, displayMessage, details });

const goDuration = (ms: number): string => formatGoDuration(msToNanoseconds(Math.round(ms)));

/** What can happen to a task, with the types and texts of Nomad's, which its tools show and users search for. */
export const TASK_EVENTS = {
  received: () => event('Received', 'Task received by client'),
  setup: () => event('Task Setup', 'Building Task Directory', {}, 'Building Task Directory'),
  setupFailure: (reason: string) => event('Setup Failure', reason, { fails_task: 'true', setup_error: reason }),
  driverFailure: (reason: string) => event('Driver Failure', reason, { driver_error: reason }),
  started: () => event('Started', 'Task started by client'),
  restoreFailed: () => event('Failed Restoring Task', 'failed to restore task; will not run until server is contacted'),
  terminated: ({ exitCode, signal, oomKilled, reason }: TaskExit) =>
    event(
      'Terminated',
      [
        `Exit Code: ${exitCode}`,
        ...(signal === 0 ? [] : [`Signal: ${signal}`]),
        ...(reason === '' ? [] : [`Exit Message: ${JSON.stringify(reason)}`]),
      ].join(', '),
      {
        exit_code: `${exitCode}`,
        signal: `${signal}`,
        oom_killed: `${oomKilled}`,
        ...(reason === '' ? {} : { exit_message: reason }),
      },
    ),
  restarting: (delayMs: number, reason: string) =>
    event('Restarting', `${reason === '' ? '' : `${reason} - `}Task restarting in ${goDuration(delayMs)}`, {
      restart_reason: reason,
      start_delay: `${msToNanoseconds(Math.round(delayMs))}`,
    }),
  restartSignaled: (reason: string) => event('Restart Signaled', reason, { restart_reason: reason }),
  notRestarting: (reason: string) => event('Not Restarting', reason, { fails_task: 'true', restart_reason: reason }),
  signaling: (signal: string, reason: string) =>
    event('Signaling', `Task being sent signal ${signal}${reason === '' ? '' : `: ${reason}`}`, {
      task_signal: signal,
      ...(reason === '' ? {} : { task_signal_reason: reason }),
    }),
  killing: (timeoutMs: number) =>
    event('Killing', `Sent interrupt. Waiting ${goDuration(timeoutMs)} before force killing`, {
      kill_timeout: goDuration(timeoutMs),
    }),
  killed: () => event('Killed', 'Task successfully killed'),
  siblingFailed: (sibling: string) =>
    event('Sibling Task Failed', `Task's sibling "${sibling}" failed`, { failed_sibling: sibling }),
  leaderDead: () => event('Leader Task Dead', 'Leader Task in Group dead'),
  mainDead: () => event('Main Tasks Dead', 'Main tasks in the group died'),
} as const;
