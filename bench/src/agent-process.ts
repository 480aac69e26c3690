import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/server/dist/bundle/main.mjs', import.meta.url));

export interface AgentProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** From the spawn to the banner, milliseconds. */
  readonly startedAfterMs: number;
  stop(): Promise<void>;
}

/** Runs the built agent on an address of its own, so that nothing else is in its way. */
export async function startAgent(...flags: readonly string[]): Promise<AgentProcess> {
  const host = `127.${1 + (process.pid % 250)}.77.1`;
  const begun = performance.now();
  const child = spawn(process.execPath, [MAIN, 'agent', '-dev', `-bind=${host}`, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('==> Steppe agent started!')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the agent ended with ${code}: ${output}`)));
  });
  const startedAfterMs = performance.now() - begun;
  child.stdout.removeAllListeners('data').resume();
  return {
    url: `http://${host}:4646`,
    child,
    startedAfterMs,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
