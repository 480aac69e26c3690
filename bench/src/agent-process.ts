import { ownLoopbackHost, Program } from '@steppe/testing';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/server/dist/bundle/main.mjs', import.meta.url));

export interface AgentProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Runs the built agent on an address of its own, so that nothing else is in its way. */
export async function startAgent(...flags: readonly string[]): Promise<AgentProcess> {
  const host = ownLoopbackHost();
  const program = new Program(MAIN, ['agent', '-dev', `-bind=${host}`, ...flags]);
  await program.waitFor('==> Steppe agent started!');
  return {
    url: `http://${host}:4646`,
    pid: program.pid,
    stop: async () => {
      program.kill('SIGTERM');
      await program.exit;
    },
  };
}
