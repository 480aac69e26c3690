// Requests per second of the agent's routes, ACLs on, against a bare `node:http` server that sends the same bytes, in one run.
import autocannon from 'autocannon';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAgent } from './agent-process.js';
import { median, table } from './statistics.js';

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 32;
const POLICY = 'agent { policy = "read" } node { policy = "read" }';
const PATHS = ['/v1/agent/health', '/v1/agent/members', '/v1/agent/self'];

interface Sample {
  readonly rate: number;
  readonly p99: number;
}

async function measure(url: string, headers: Readonly<Record<string, string>>): Promise<Sample> {
  const { requests, latency, errors, non2xx } = await autocannon({
    url,
    headers,
    connections: CONNECTIONS,
    duration: SECONDS,
  });
  if (errors > 0 || non2xx > 0) throw new Error(`${url}: ${errors} errors, ${non2xx} replies that are no success`);
  return { rate: requests.average, p99: latency.p99 };
}

async function startBare(body: string, headers: Readonly<Record<string, string>>) {
  const child = fork(fileURLToPath(new URL('./bare-server.js', import.meta.url)));
  child.send({ body, headers });
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}/`, stop: () => child.kill() };
}

/** Turns ACLs on for an agent, and makes a token that may read what is measured. */
async function clientToken(url: string): Promise<string> {
  const put = async (path: string, body: object, token: string): Promise<{ readonly SecretID: string }> => {
    const headers = { 'X-Nomad-Token': token };
    const reply = await fetch(url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
    const text = await reply.text();
    if (reply.status !== 200) throw new Error(`${path}: ${text}`);
    return text === '' ? { SecretID: '' } : (JSON.parse(text) as { readonly SecretID: string });
  };
  const { SecretID: root } = await put('/v1/acl/bootstrap', {}, '');
  await put('/v1/acl/policy/reader', { Name: 'reader', Rules: POLICY }, root);
  return (await put('/v1/acl/token', { Type: 'client', Policies: ['reader'] }, root)).SecretID;
}

/** Rows of the report: path, agent and baseline in requests per second, the two ratios, and the budget. */
export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-bench-'));
  const config = join(folder, 'acl.hcl');
  writeFileSync(config, 'acl { enabled = true }\n');
  const agent = await startAgent('-log-level=INFO', `-config=${config}`);
  const headers = { 'X-Nomad-Token': await clientToken(agent.url) };
  const rows: string[][] = [];
  try {
    for (const path of PATHS) {
      const reply = await fetch(agent.url + path, { headers });
      const bare = await startBare(await reply.text(), { 'Content-Type': 'application/json', Vary: 'Accept-Encoding' });
      const ours: Sample[] = [];
      const theirs: Sample[] = [];
      await measure(agent.url + path, headers);
      await measure(bare.url, headers);
      // Interleaved, so that what else the machine does falls on both.
      for (let round = 0; round < ROUNDS; round += 1) {
        theirs.push(await measure(bare.url, headers));
        ours.push(await measure(agent.url + path, headers));
      }
      bare.stop();
      const rate = median(ours.map((sample) => sample.rate));
      const baseline = median(theirs.map((sample) => sample.rate));
      const p99 = median(ours.map((sample) => sample.p99)) / Math.max(1, median(theirs.map((sample) => sample.p99)));
      rows.push([
        path,
        rate.toFixed(0),
        baseline.toFixed(0),
        (rate / baseline).toFixed(2),
        '≥ 0.50',
        p99.toFixed(1),
        '≤ 3.0',
      ]);
    }
  } finally {
    await agent.stop();
    rmSync(folder, { recursive: true });
  }
  return table(['route', 'agent, req/s', 'bare, req/s', 'ratio', 'budget', 'p99 ratio', 'budget'], rows);
}
