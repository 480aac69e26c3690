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
 * SIGHUP reloads. SIGINT and SIGTERM stop it: gracefully with `leave_on_interrupt` and `leave_on_terminate`, else at once,
 * and at once while it still starts.
 * @returns the exit code: 0 after a graceful leave, 1 after a stop without leaving, a failed start, a fatal error or a second
 *   signal
 */
export async function runAgent(create: () => Agent, config: AgentConfig, process: AgentProcess): Promise<number> {
  let agent: Agent;
  try {
    agent = create();
  } catch (error) {
    process.writeError(`==> ${errorMessage(error)}\n`);
    return 1;
  }
  return new Promise((resolve) => {
    let up = false;
    let signals = 0;
    const end = (signal: AgentSignal, graceful: boolean): void => {
      signals += 1;
      process.writeOut(`==> Caught signal: ${signal}\n`);
      if (signals > 1) {
        resolve(1);
        return;
      }
      process.notify('STOPPING=1');
      if (graceful && up) process.writeOut('==> Gracefully shutting down agent...\n');
      void (graceful && up ? leave(agent) : agent.stop().then(() => 1)).then(resolve);
    };
    const fail = (problem: string): void => {
      process.writeError(`==> ${problem}\n`);
      void agent.stop().then(() => resolve(1));
    };
    // Before anything is awaited: a signal that nobody listens for ends the process on the spot.
    process.onSignal('SIGINT', () => end('SIGINT', config.leaveOnInterrupt));
    process.onSignal('SIGTERM', () => end('SIGTERM', config.leaveOnTerminate));
    agent.onFatal((error) => fail(error.message));
    const start = async (): Promise<void> => {
      try {
        await agent.start();
      } catch (error) {
        if (signals > 0) return;
        process.writeError(`==> ${errorMessage(error)}\n`);
        resolve(1);
        return;
      }
      if (signals > 0) return;
      up = true;
      process.writeOut(startBanner(agent, config));
      process.notify('READY=1');
    };
    const started = start();
    const reload = async (): Promise<void> => {
      await started;
      if (!up) return;
      process.notify('RELOADING=1');
      try {
        await agent.reload();
        process.notify('READY=1');
      } catch (error) {
        fail(`Fatal error while reloading: ${errorMessage(error)}`);
      }
    };
    process.onSignal('SIGHUP', () => void reload());
  });
}

async function leave(agent: Agent): Promise<number> {
  const timeout = AbortSignal.timeout(LEAVE_TIMEOUT_MS);
  const late = new Promise<number>((resolve) => timeout.addEventListener('abort', () => resolve(1), { once: true }));
  return Promise.race([agent.leave().then(() => 0), late]);
}
