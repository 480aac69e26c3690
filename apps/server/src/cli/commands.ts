import type { Command } from './command.js';

/** A command by its words. What it does is loaded when it is called: most calls need one command of many. */
export interface CommandEntry {
  /** Words after `steppe`. */
  readonly name: string;
  /** One line for the overview. */
  readonly synopsis: string;
  readonly load: () => Promise<Command>;
}

/** Every command, in the order of the overview. `agent` is not among them: it runs in this process. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'agent-info',
    synopsis: 'statistics and configuration of an agent',
    load: async () => (await import('./commands/agent-info.js')).agentInfo,
  },
  {
    name: 'config validate',
    synopsis: 'check configuration files',
    load: async () => (await import('./commands/config-validate.js')).configValidate,
  },
  {
    name: 'node config',
    synopsis: 'show or change the servers of a client agent',
    load: async () => (await import('./commands/node-config.js')).nodeConfig,
  },
  {
    name: 'server force-leave',
    synopsis: 'make a failed server left',
    load: async () => (await import('./commands/server-force-leave.js')).serverForceLeave,
  },
  {
    name: 'server join',
    synopsis: 'join the gossip pools at the given addresses',
    load: async () => (await import('./commands/server-join.js')).serverJoin,
  },
  {
    name: 'server members',
    synopsis: 'servers of the gossip pool and their leader',
    load: async () => (await import('./commands/server-members.js')).serverMembers,
  },
  {
    name: 'version',
    synopsis: 'version of this program',
    load: async () => (await import('./commands/version.js')).version,
  },
];
