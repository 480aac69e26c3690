import type { AgentConfig } from '@steppe/config';
import { errorMessage } from '@steppe/domain';
import type { Agent } from '../lifecycle/agent.js';
import { startBanner } from './banner.js';

/** The process an agent runs in. */
export interface AgentProcess {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Calls back for every such signal the process receives. */
  readonly onSignal: (signal: AgentSignal, callback: () => void) => void;
  /** Tells a service manager how far we are, where there is one. */
  readonly notify: (state: 'READY=1' | 'RELOADING=1' | 'STOPPING=1') => void;
}

export type AgentSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** A graceful leave may take this long, milliseconds. */
const LEAVE_TIMEOUT_MS = 5_000;

/**
 * Runs an agent until a signal ends it.
 * SIGHUP reloads. SIGINT and SIGTERM stop it: gracefully with `leave_on_interrupt` and `leave_on_terminate`, else at once.
 * @returns the exit code: 0 after a graceful leave, 1 after a stop without leaving, a failed start, a fatal error or a second
 *   signal
 */
export async function runAgent(create: () => Agent, config: AgentConfig, process: AgentProcess): Promise<number> {
  let agent: Agent;
  try {
    agent = create();
    await agent.start();
  } catch (error) {
    process.writeError(`==> ${errorMessage(error)}\n`);
    return 1;
  }
  process.writeOut(startBanner(agent, config));
  process.notify('READY=1');

  const ended = new Promise<number>((resolve) => {
    let signals = 0;
    const end = (signal: AgentSignal, graceful: boolean): void => {
      signals += 1;
      process.writeOut(`==> Caught signal: ${signal}\n`);
      if (signals > 1) {
        resolve(1);
        return;
      }
      process.notify('STOPPING=1');
      if (graceful) process.writeOut('==> Gracefully shutting down agent...\n');
      void (graceful ? leave(agent) : agent.stop().then(() => 1)).then(resolve);
    };
    process.onSignal('SIGINT', () => end('SIGINT', config.leaveOnInterrupt));
    process.onSignal('SIGTERM', () => end('SIGTERM', config.leaveOnTerminate));
    const fail = (problem: string): void => {
      process.writeError(`==> ${problem}\n`);
      void agent.stop().then(() => resolve(1));
    };
    agent.onFatal((error) => fail(error.message));
    process.onSignal('SIGHUP', () => {
      process.notify('RELOADING=1');
      agent.reload().then(
        () => process.notify('READY=1'),
        (error: unknown) => fail(`Fatal error while reloading: ${errorMessage(error)}`),
      );
    });
  });
  return ended;
}

async function leave(agent: Agent): Promise<number> {
  const timeout = AbortSignal.timeout(LEAVE_TIMEOUT_MS);
  const late = new Promise<number>((resolve) => timeout.addEventListener('abort', () => resolve(1), { once: true }));
  return Promise.race([agent.leave().then(() => 0), late]);
}
