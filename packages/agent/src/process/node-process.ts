import type { AgentConfig } from '@steppe/config';
import { factsOf } from '@steppe/profiling';
import { spawn } from 'node:child_process';
import { availableParallelism, hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { AgentHost } from '../lifecycle/agent-host.js';
import { spawnSchedulerThread } from '../scheduling/threads/spawn-scheduler-thread.js';
import type { AgentProcess } from './run-agent.js';

/** Four folders up, from the built package as from the bundle of an app. */
const INSTALL_FOLDER = fileURLToPath(new URL('../../../../', import.meta.url));

/**
 * This Node.js process as an agent's host.
 * @param readConfig - reads all configuration sources again
 */
export function nodeHost(process: NodeJS.Process, readConfig: () => Promise<AgentConfig>): AgentHost {
  return {
    environment: process.env,
    platform: process.platform,
    hostName: hostname(),
    cpuCount: availableParallelism(),
    process: factsOf(process),
    installFolder: INSTALL_FOLDER,
    spawnSchedulerThread,
    writeLog: (line) => void process.stdout.write(line),
    readConfig,
  };
}

/** This Node.js process as the one an agent runs in. */
export function nodeProcess(process: NodeJS.Process): AgentProcess {
  // A reader of our output that goes away is no reason to end.
  process.on('SIGPIPE', () => undefined);
  return {
    writeOut: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    onSignal: (signal, callback) => void process.on(signal, callback),
    notify: (state) => {
      if (process.env['NOTIFY_SOCKET'] !== undefined) notifyServiceManager(state);
    },
  };
}

/** systemd listens on a datagram socket, which Node.js cannot open; its own helper can. */
function notifyServiceManager(state: string): void {
  const helper = spawn('systemd-notify', [state], { stdio: 'ignore' });
  // Without the helper the service manager waits, which is its own affair to report.
  helper.on('error', () => undefined);
  helper.unref();
}
