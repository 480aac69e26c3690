import type { Program } from '@steppe/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { steppe, steppeWorker } from './built-agent.js';
import { killTasksIn } from './kill-tasks.js';

/** The key of the pools and of the RPC between their agents. */
export const CLUSTER_KEY = Buffer.alloc(32, 5).toString('base64');

export interface RunningAgent {
  readonly name: string;
  readonly host: string;
  readonly url: string;
  readonly program: Program;
}

export interface ServerSettings {
  readonly name: string;
  readonly host: string;
  /** Hosts of servers to join. */
  readonly seeds: readonly string[];
  /** Whether it must join before it is up; else it goes on trying. */
  readonly joinFirst?: boolean;
  readonly region: string;
  /** What else stands in the `server` block. */
  readonly server: string;
  /** What else stands beside it. */
  readonly rest?: string;
}

/** Built agents with configuration files and data directories of their own, which one test file runs. */
export class ClusterAgents {
  readonly folder = mkdtempSync(join(tmpdir(), 'steppe-cluster-'));
  readonly running = new Set<RunningAgent>();

  /** Resolves when the agent says that it is up. */
  async server(settings: ServerSettings): Promise<RunningAgent> {
    const { name, host } = settings;
    return this.#launched(name, host, steppe('agent', `-config=${this.serverFile(settings)}`));
  }

  /** Writes a server's configuration. @returns the path */
  serverFile({ name, host, seeds, joinFirst = false, region, server, rest = '' }: ServerSettings): string {
    const seeding = `${joinFirst ? 'start_join' : 'retry_join'} = ${JSON.stringify(seeds)}`;
    return this.#file(
      name,
      host,
      `region = "${region}"
       server {
         enabled = true
         encrypt = "${CLUSTER_KEY}"
         server_join { ${seeding} retry_interval = "1s" }
         ${server}
       }
       ${rest}`,
    );
  }

  /** A client agent of region `one`. */
  async worker(name: string, host: string, servers: readonly string[], rest = ''): Promise<RunningAgent> {
    const path = this.#file(
      name,
      host,
      `region = "one"
       server { encrypt = "${CLUSTER_KEY}" }
       client { servers = ${JSON.stringify(servers.map((each) => `${each}:4647`))} }
       ${rest}`,
    );
    return this.#launched(name, host, steppeWorker(`-config=${path}`));
  }

  /** A paused agent goes on running; any other signal is waited for. */
  async end(agent: RunningAgent, signal: NodeJS.Signals): Promise<void> {
    agent.program.kill(signal);
    if (signal === 'SIGSTOP') return;
    this.running.delete(agent);
    await agent.program.exit;
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.running].map((agent) => this.end(agent, 'SIGKILL')));
    killTasksIn(this.folder);
  }

  /** After the last test. */
  removeFiles(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #file(name: string, host: string, text: string): string {
    const path = join(this.folder, `${name}.hcl`);
    writeFileSync(
      path,
      `name = "${name}"
       bind_addr = "${host}"
       advertise { http = "${host}" rpc = "${host}" serf = "${host}" }
       data_dir = "${join(this.folder, name)}"
       enable_debug = true
       ${text}`,
    );
    return path;
  }

  async #launched(name: string, host: string, program: Program): Promise<RunningAgent> {
    const agent = { name, host, url: `http://${host}:4646`, program };
    this.running.add(agent);
    await program.waitFor('==> Steppe agent started!');
    return agent;
  }
}

export interface PlainReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Nothing of the API takes longer than the wait for a leader, 5 s, and a little. */
const REPLY_WITHIN_MS = 15_000;

export async function get(url: string): Promise<PlainReply> {
  const reply = await fetch(url, { signal: AbortSignal.timeout(REPLY_WITHIN_MS) });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

/** @throws an `Error` for any status but 200 */
export async function getJson<T>(url: string): Promise<T> {
  const { status, text } = await get(url);
  if (status !== 200) throw new Error(`${url}: ${status} ${text}`);
  return JSON.parse(text) as T;
}
