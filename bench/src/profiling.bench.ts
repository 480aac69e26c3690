// What a capture costs a server under load: requests per second meanwhile against the same load without, interleaved in one run.
// Then how large profiles of that load are, and what their encoding takes.
import { decodePprof, formatProfile } from '@steppe/profiling';
import autocannon from 'autocannon';
import type { AgentProcess } from './agent-process.js';
import { startAgent } from './agent-process.js';
import { median, table } from './statistics.js';

const ROUNDS = 9;
const SECONDS = 2;
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

async function load(url: string): Promise<number> {
  const { requests, errors, non2xx } = await autocannon({
    url: `${url}/v1/agent/members`,
    connections: CONNECTIONS,
    duration: SECONDS,
  });
  if (errors > 0 || non2xx > 0) throw new Error(`${errors} errors, ${non2xx} replies that are no success`);
  return requests.average;
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
    const samples: { readonly without: number; readonly during: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const during = async (): Promise<number> =>
        (await Promise.all([load(agent.url), path === '' ? undefined : captureAll(agent, path)]))[0];
      // Each comes first as often as the other, so that neither has the warmer half.
      const first = round % 2 === 0 ? await load(agent.url) : await during();
      const second = round % 2 === 0 ? await during() : await load(agent.url);
      samples.push(round % 2 === 0 ? { without: first, during: second } : { without: second, during: first });
    }
    rows.push([
      name,
      median(samples.map(({ without }) => without)).toFixed(0),
      median(samples.map(({ during }) => during)).toFixed(0),
      median(samples.map(({ without, during }) => during / without)).toFixed(3),
      budget,
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

/** Rows of the report: requests per second without and during each capture, their ratio, the budget; then sizes and times. */
export async function run(): Promise<string> {
  const agent = await startAgent('-log-level=INFO');
  try {
    await load(agent.url);
    const overhead = table(
      ['captured meanwhile', 'without, requests/s', 'meanwhile, requests/s', 'ratio', 'budget'],
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
