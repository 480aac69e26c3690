import { ownLoopbackHost } from './loopback-host.js';
import { Program } from './program.js';
import { programOnPath } from './program-on-path.js';

const SERF = programOnPath('serf');

/** Whether there is a real serf on the path. */
export const hasSerf = SERF !== undefined;

export interface SerfMember {
  readonly name: string;
  /** `ip:port`. */
  readonly addr: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly status: string;
}

const RPC_PORT = 7373;
export const GOSSIP_PORT = 7946;

/** A real serf agent, and the serf command line to steer it. */
export class SerfAgent {
  readonly name: string;
  readonly host: string;
  readonly program: Program;

  private constructor(name: string, host: string, program: Program) {
    this.name = name;
    this.host = host;
    this.program = program;
  }

  /** Resolves when it runs. */
  static async start(name: string, args: readonly string[] = [], host = ownLoopbackHost()): Promise<SerfAgent> {
    const program = new Program(
      SERF ?? 'serf',
      ['agent', `-node=${name}`, `-bind=${host}`, `-rpc-addr=${host}:${RPC_PORT}`, '-log-level=debug', ...args],
      { runner: [] },
    );
    const agent = new SerfAgent(name, host, program);
    await program.waitFor('Serf agent running!');
    return agent;
  }

  get address(): string {
    return `${this.host}:${GOSSIP_PORT}`;
  }

  /** `serf COMMAND -rpc-addr=… ARGS`. Rejects with its output when it fails. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const program = new Program(SERF ?? 'serf', [command, `-rpc-addr=${this.host}:${RPC_PORT}`, ...args], {
      runner: [],
    });
    const code = await program.exit;
    if (code !== 0) throw new Error(`serf ${command} ended with ${code}:\n${program.output}`);
    return program.stdout;
  }

  async members(): Promise<readonly SerfMember[]> {
    const { members } = JSON.parse(await this.run('members', '-format=json')) as { members: readonly SerfMember[] };
    return members;
  }

  /** Names to statuses. */
  async statuses(): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries((await this.members()).map(({ name, status }) => [name, status]));
  }

  /** Ends at once, without a word to the pool. */
  async kill(): Promise<void> {
    this.program.kill('SIGKILL');
    await this.program.exit;
  }

  /** Leaves, then ends. */
  async leave(): Promise<void> {
    this.program.kill('SIGINT');
    await this.program.exit;
  }
}
