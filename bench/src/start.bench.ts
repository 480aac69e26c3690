// Time from the start of the process to healthy, against a bare Node process, and memory at rest.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { startAgent } from './agent-process.js';
import { median, table } from './statistics.js';

const ROUNDS = 5;
/** Long enough for everything that happens once. */
const REST_MS = 5_000;

function bareNodeMs(): number {
  const begun = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - begun;
}

async function healthyAfterMs(): Promise<{ readonly ms: number; readonly residentMb: number }> {
  const begun = performance.now();
  const agent = await startAgent();
  for (;;) {
    const { status } = await fetch(`${agent.url}/v1/agent/health`);
    if (status === 200) break;
  }
  const ms = performance.now() - begun;
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1];
  await agent.stop();
  return { ms, residentMb: Number(resident) / 1024 };
}

export async function run(): Promise<string> {
  const agents: Awaited<ReturnType<typeof healthyAfterMs>>[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(bareNodeMs());
    agents.push(await healthyAfterMs());
  }
  const ms = median(agents.map((sample) => sample.ms));
  const resident = median(agents.map((sample) => sample.residentMb));
  return table(
    ['what', 'measured', 'budget', 'baseline'],
    [
      [
        '`steppe agent -dev` healthy after',
        `${ms.toFixed(0)} ms`,
        '< 2000 ms',
        `${(ms / median(bare)).toFixed(1)} × \`node -e 0\` (${median(bare).toFixed(0)} ms)`,
      ],
      ['idle resident memory', `${resident.toFixed(0)} MB`, '< 150 MB', '–'],
    ],
  );
}
