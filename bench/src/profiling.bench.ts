// What a capture costs a server under load: requests per second and CPU time per request meanwhile, against the same load without,
// interleaved in one run. Then how large profiles of that load are, and what their encoding takes.
import { decodePprof, formatProfile } from '@steppe/profiling';
import autocannon from 'autocannon';
import { readFileSync } from 'node:fs';
import type { AgentProcess } from './agent-process.js';
import { startAgent } from './agent-process.js';
import { median, table } from './statistics.js';

const ROUNDS = 5;
/** Starting V8’s profiler alone takes about 0.1 s of CPU: a window must be long beside that. */
const SECONDS = 5;
const CONNECTIONS = 16;
const ENCODINGS = 20;

/** What is captured meanwhile; one that takes no time again and again, once a second. */
const CAPTURES: readonly (readonly [name: string, path: string, budget: string])[] = [
  ['nothing', '', '–'],
  ['CPU profile, 100 samples a second', `profile?seconds=${SECONDS}`, '≥ 0.95'],
  ['trace', `trace?seconds=${SECONDS}`, '–'],
  ['heap once a second', 'heap', '–'],
  ['goroutine once a second', 'goroutine', '–'],
];

interface Load {
  /** Requests per second. */
  readonly rate: number;
  /** CPU time of the agent per request, clock ticks; also true on a machine that has others to serve. */
  readonly cpu: number;
}

async function load({ url, pid }: AgentProcess, meanwhile?: () => Promise<void>): Promise<Load> {
  const before = cpuTicks(pid);
  const [{ requests, errors, non2xx }] = await Promise.all([
    autocannon({ url: `${url}/v1/agent/members`, connections: CONNECTIONS, duration: SECONDS }),
    meanwhile?.(),
  ]);
  if (errors > 0 || non2xx > 0) throw new Error(`${errors} errors, ${non2xx} replies that are no success`);
  return { rate: requests.average, cpu: (cpuTicks(pid) - before) / requests.total };
}

/** User and system time of a process so far. */
function cpuTicks(pid: number): number {
  // Behind the name, which may hold anything: the state is the first field, the times are the twelfth and thirteenth.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function capture({ url }: AgentProcess, path: string): Promise<Buffer> {
  const reply = await fetch(`${url}/v1/agent/pprof/${path}`);
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return Buffer.from(await reply.arrayBuffer());
}

/** Takes profiles for as long as the load lasts. */
async function captureAll(agent: AgentProcess, path: string): Promise<void> {
  const times = path.includes('seconds=') ? 1 : SECONDS;
  for (let i = 0; i < times; i += 1) {
    const next = new Promise((resolve) => setTimeout(resolve, 1_000));
    await capture(agent, path);
    if (times > 1) await next;
  }
}

async function overheadRows(agent: AgentProcess): Promise<readonly (readonly string[])[]> {
  const rows: string[][] = [];
  for (const [name, path, budget] of CAPTURES) {
    const samples: { readonly without: Load; readonly during: Load }[] = [];
    const meanwhile = path === '' ? undefined : () => captureAll(agent, path);
    for (let round = 0; round < ROUNDS; round += 1) {
      // Each comes first as often as the other, so that neither has the warmer half.
      if (round % 2 === 0) {
        const without = await load(agent);
        samples.push({ without, during: await load(agent, meanwhile) });
      } else {
        const during = await load(agent, meanwhile);
        samples.push({ without: await load(agent), during });
      }
    }
    const ratio = (value: keyof Load): string =>
      median(samples.map(({ without, during }) => during[value] / without[value])).toFixed(2);
    rows.push([
      name,
      median(samples.map(({ without }) => without.rate)).toFixed(0),
      median(samples.map(({ during }) => during.rate)).toFixed(0),
      ratio('rate'),
      budget,
      ratio('cpu'),
      path.startsWith('profile') ? '≤ 1.15' : '–',
    ]);
  }
  return rows;
}

async function encodingRows(agent: AgentProcess): Promise<readonly (readonly string[])[]> {
  const rows: string[][] = [];
  for (const [name, path] of [
    ['CPU, 5 s of load', 'profile?seconds=5'],
    ['heap', 'heap'],
  ] as const) {
    const [bytes] = await Promise.all([
      capture(agent, path),
      autocannon({ url: `${agent.url}/v1/agent/members`, connections: CONNECTIONS, duration: 5 }),
    ]);
    const profile = decodePprof(bytes);
    const timeOf = async (format: 'collapsed' | 'html' | 'pprof' | 'speedscope'): Promise<string> => {
      const times: number[] = [];
      let size = 0;
      for (let i = 0; i < ENCODINGS; i += 1) {
        const begun = performance.now();
        size = (await formatProfile(profile, format, 'bench')).bytes.length;
        times.push(performance.now() - begun);
      }
      return `${(size / 1_024).toFixed(1)} KiB in ${median(times).toFixed(1)} ms`;
    };
    rows.push([
      name,
      `${profile.samples.length}`,
      await timeOf('pprof'),
      await timeOf('collapsed'),
      await timeOf('speedscope'),
      await timeOf('html'),
    ]);
  }
  return rows;
}

/** Rows of the report: requests per second without and during each capture, their ratios, the budgets; then sizes and times. */
export async function run(): Promise<string> {
  const agent = await startAgent('-log-level=INFO');
  try {
    await load(agent);
    const overhead = table(
      [
        'captured meanwhile',
        'without, requests/s',
        'meanwhile, requests/s',
        'ratio',
        'budget',
        'CPU a request, ratio',
        'budget',
      ],
      await overheadRows(agent),
    );
    const encoding = table(
      ['profile', 'stacks', 'pprof', 'collapsed', 'speedscope', 'html'],
      await encodingRows(agent),
    );
    return `${overhead}\n\n${encoding}\n`;
  } finally {
    await agent.stop();
  }
}
