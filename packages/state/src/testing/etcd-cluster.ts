import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is an `etcd` to start; tests that need one skip visibly without. */
export const HAS_ETCD = spawnSync('etcd', ['--version']).status === 0;

/** Real etcd members for a test, on loopback addresses of their own. */
export class EtcdCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'steppe-etcd-'));
  readonly #members: (ChildProcess | undefined)[];
  readonly #hosts: readonly string[];
  readonly #flags: readonly string[];
  readonly #scheme: string;

  /**
   * @param network - the first three bytes of the members' addresses, such as `127.91.3`: one per test file
   * @param scheme - how clients reach the members; `https` needs flags for the certificates
   * @param flags - for every member, besides those that make a cluster of them
   */
  constructor({
    network,
    size = 1,
    scheme = 'http',
    flags = [],
  }: { network: string; size?: number; scheme?: 'http' | 'https'; flags?: readonly string[] }) {
    this.#hosts = Array.from({ length: size }, (_, i) => `${network}.${i + 1}`);
    this.#members = this.#hosts.map(() => undefined);
    this.#flags = flags;
    this.#scheme = scheme;
  }

  /** `host:port` of all members. */
  get addresses(): readonly string[] {
    return this.#hosts.map((host) => `${host}:2379`);
  }

  async start(): Promise<void> {
    for (const i of this.#hosts.keys()) this.startMember(i);
    await Promise.all(this.#hosts.map((host) => answers(host)));
  }

  /** Starts a member, or starts it again on the data it had. */
  startMember(i: number): void {
    const host = this.#hosts[i] as string;
    const args = {
      name: `m${i}`,
      'data-dir': join(this.#folder, `m${i}`),
      'listen-client-urls': `${this.#scheme}://${host}:2379`,
      'advertise-client-urls': `${this.#scheme}://${host}:2379`,
      'listen-peer-urls': `http://${host}:2380`,
      'initial-advertise-peer-urls': `http://${host}:2380`,
      'initial-cluster': this.#hosts.map((each, n) => `m${n}=http://${each}:2380`).join(),
      'heartbeat-interval': '50',
      'election-timeout': '500',
      'log-level': 'error',
    };
    const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]);
    this.#members[i] = spawn('etcd', [...flags, ...this.#flags], { stdio: 'ignore' });
  }

  /** Ends a member and starts it again. */
  async restartMember(i: number): Promise<void> {
    const member = this.#members[i];
    const ended = new Promise((resolve) => member?.once('exit', resolve));
    member?.kill('SIGKILL');
    await ended;
    this.startMember(i);
    await answers(this.#hosts[i] as string);
  }

  /** `SIGKILL` ends a member, `SIGSTOP` pauses it, `SIGCONT` lets it go on. */
  signal(i: number, signal: NodeJS.Signals): void {
    this.#members[i]?.kill(signal);
  }

  async stop(): Promise<void> {
    const ended = this.#members.map(
      (member) =>
        new Promise<void>((resolve) => {
          if (member === undefined || member.exitCode !== null || member.signalCode !== null) resolve();
          else member.once('exit', () => resolve());
        }),
    );
    for (const member of this.#members) member?.kill('SIGKILL');
    await Promise.all(ended);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Resolves when somebody listens. */
async function answers(host: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port: 2379 }, () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`etcd on ${host} does not answer`);
}
