import type { Command } from './command.js';

/** A command by its words. What it does is loaded when it is called: most calls need one command of many. */
export interface CommandEntry {
  /** Words after `steppe`. */
  readonly name: string;
  /** One line for the overview. */
  readonly synopsis: string;
  readonly load: () => Promise<Command>;
}

const LOOKUPS = {
  heap: 'living memory',
  allocs: 'allocations',
  goroutine: 'threads and tasks',
  threadcreate: 'threads',
  block: 'stalls of the event loop',
  mutex: 'locks, of which there are none,',
} as const;

/** Every command, in the order of the overview. `agent` is not among them: it runs in this process. */
export const COMMANDS: readonly CommandEntry[] = [
  ...(
    [
      [
        'bootstrap',
        'make the first management token',
        async () => (await import('./commands/acl-bootstrap.js')).aclBootstrap,
      ],
      [
        'explain',
        'why somebody may do something or not',
        async () => (await import('./commands/acl-explain.js')).aclExplain,
      ],
      [
        'policy apply',
        'add or replace a policy',
        async () => (await import('./commands/acl-policy.js')).aclPolicyApply,
      ],
      ['policy delete', 'delete a policy', async () => (await import('./commands/acl-policy.js')).aclPolicyDelete],
      ['policy info', 'show a policy', async () => (await import('./commands/acl-policy.js')).aclPolicyInfo],
      ['policy list', 'policies', async () => (await import('./commands/acl-policy.js')).aclPolicyList],
      [
        'policy self',
        'policies of the own token',
        async () => (await import('./commands/acl-policy.js')).aclPolicySelf,
      ],
      ['role create', 'make a role', async () => (await import('./commands/acl-role.js')).aclRoleCreate],
      ['role delete', 'delete a role', async () => (await import('./commands/acl-role.js')).aclRoleDelete],
      ['role info', 'show a role', async () => (await import('./commands/acl-role.js')).aclRoleInfo],
      ['role list', 'roles', async () => (await import('./commands/acl-role.js')).aclRoleList],
      ['role update', 'change a role', async () => (await import('./commands/acl-role.js')).aclRoleUpdate],
      ['token create', 'make a token', async () => (await import('./commands/acl-token.js')).aclTokenCreate],
      ['token delete', 'delete a token', async () => (await import('./commands/acl-token.js')).aclTokenDelete],
      ['token info', 'show a token', async () => (await import('./commands/acl-token.js')).aclTokenInfo],
      ['token list', 'tokens', async () => (await import('./commands/acl-token.js')).aclTokenList],
      ['token self', 'the own token', async () => (await import('./commands/acl-token.js')).aclTokenSelf],
      ['token update', 'change a token', async () => (await import('./commands/acl-token.js')).aclTokenUpdate],
    ] as const
  ).map(([name, synopsis, load]) => ({ name: `acl ${name}`, synopsis, load })),
  {
    name: 'agent-info',
    synopsis: 'statistics and configuration of an agent',
    load: async () => (await import('./commands/agent-info.js')).agentInfo,
  },
  {
    name: 'audit verify',
    synopsis: 'check that an audit log is as it was written',
    load: async () => (await import('./commands/audit-verify.js')).auditVerify,
  },
  {
    name: 'config validate',
    synopsis: 'check configuration files',
    load: async () => (await import('./commands/config-validate.js')).configValidate,
  },
  {
    name: 'gossip simulate',
    synopsis: 'try a gossip pool out in virtual time',
    load: async () => (await import('./commands/gossip-simulate.js')).gossipSimulate,
  },
  {
    name: 'monitor export',
    synopsis: 'past log of an agent, from its file or the system journal',
    load: async () => (await import('./commands/monitor-export.js')).monitorExport,
  },
  {
    name: 'monitor',
    synopsis: 'live log of one agent or of many',
    load: async () => (await import('./commands/monitor.js')).monitor,
  },
  {
    name: 'node config',
    synopsis: 'show or change the servers of a client agent',
    load: async () => (await import('./commands/node-config.js')).nodeConfig,
  },
  {
    name: 'node drain',
    synopsis: 'have a node give up its work',
    load: async () => (await import('./commands/node-drain.js')).nodeDrain,
  },
  {
    name: 'node eligibility',
    synopsis: 'let a node take new work, or no more of it',
    load: async () => (await import('./commands/node-eligibility.js')).nodeEligibility,
  },
  {
    name: 'node status',
    synopsis: 'client nodes, or one of them in detail',
    load: async () => (await import('./commands/node-status.js')).nodeStatus,
  },
  {
    name: 'operator debug',
    synopsis: 'capture logs, profiles and state of a cluster in one archive',
    load: async () => (await import('./commands/operator-debug.js')).operatorDebug,
  },
  ...(
    [
      ['generate', 'print a new gossip encryption key', 'keyringGenerate'],
      ['install', 'install a gossip encryption key in the pool', 'keyringInstall'],
      ['list', 'gossip encryption keys installed in the pool', 'keyringList'],
      ['remove', 'remove a gossip encryption key from the pool', 'keyringRemove'],
      ['rotate', 'take the pool to a new gossip encryption key, in phases', 'keyringRotate'],
      ['use', 'encrypt with an installed gossip key from now on', 'keyringUse'],
    ] as const
  ).map(([operation, synopsis, command]) => ({
    name: `operator gossip keyring ${operation}`,
    synopsis,
    load: async () => (await import('./commands/gossip-keyring.js'))[command],
  })),
  {
    name: 'operator snapshot inspect',
    synopsis: 'what a snapshot file holds',
    load: async () => (await import('./commands/snapshot-inspect.js')).snapshotInspect,
  },
  {
    name: 'operator snapshot restore',
    synopsis: 'replace all state of the region by a snapshot file',
    load: async () => (await import('./commands/snapshot-restore.js')).snapshotRestore,
  },
  {
    name: 'operator snapshot save',
    synopsis: 'save all state of the region to a file',
    load: async () => (await import('./commands/snapshot-save.js')).snapshotSave,
  },
  ...(
    [
      ['cpu', 'CPU time', async () => (await import('./commands/profile-capture.js')).profileCpu],
      ...(['heap', 'allocs', 'goroutine', 'threadcreate', 'block', 'mutex'] as const).map(
        (name) =>
          [
            name,
            LOOKUPS[name],
            async () => (await import('./commands/profile-capture.js')).lookupProfile(name),
          ] as const,
      ),
      ['trace', 'a trace', async () => (await import('./commands/profile-capture.js')).profileTrace],
    ] as const
  ).map(([kind, what, load]) => ({ name: `profile ${kind}`, synopsis: `${what} of an agent, saved to a file`, load })),
  {
    name: 'profile diff',
    synopsis: 'what grew and what shrank between two saved profiles',
    load: async () => (await import('./commands/profile-diff.js')).profileDiff,
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
    name: 'server suspicions',
    synopsis: 'whom the gossip pool suspected, by whom, and how it ended',
    load: async () => (await import('./commands/server-suspicions.js')).serverSuspicions,
  },
  {
    name: 'version',
    synopsis: 'version of this program',
    load: async () => (await import('./commands/version.js')).version,
  },
];
