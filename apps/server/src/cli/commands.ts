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
    name: 'alloc fs',
    synopsis: 'files of an allocation',
    load: async () => (await import('./commands/alloc-fs.js')).allocFs,
  },
  {
    name: 'alloc logs',
    synopsis: 'what a task writes',
    load: async () => (await import('./commands/alloc-logs.js')).allocLogs,
  },
  {
    name: 'alloc restart',
    synopsis: 'restart tasks of an allocation',
    load: async () => (await import('./commands/alloc-tasks.js')).allocRestart,
  },
  {
    name: 'alloc signal',
    synopsis: 'send tasks of an allocation a signal',
    load: async () => (await import('./commands/alloc-tasks.js')).allocSignal,
  },
  {
    name: 'alloc status',
    synopsis: 'one allocation in detail',
    load: async () => (await import('./commands/alloc-status.js')).allocStatus,
  },
  {
    name: 'alloc stop',
    synopsis: 'stop an allocation',
    load: async () => (await import('./commands/alloc-stop.js')).allocStop,
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
    name: 'eval list',
    synopsis: 'evaluations',
    load: async () => (await import('./commands/eval-list.js')).evalList,
  },
  {
    name: 'eval status',
    synopsis: 'one evaluation in detail',
    load: async () => (await import('./commands/eval-status.js')).evalStatus,
  },
  {
    name: 'gossip simulate',
    synopsis: 'try a gossip pool out in virtual time',
    load: async () => (await import('./commands/gossip-simulate.js')).gossipSimulate,
  },
  ...(
    [
      ['allocs', 'allocations of a job', async () => (await import('./commands/job-allocs.js')).jobAllocs],
      ['eval', 'have a job considered again', async () => (await import('./commands/job-eval.js')).jobEval],
      ['history', 'versions of a job', async () => (await import('./commands/job-history.js')).jobHistory],
      ['inspect', 'a job as the API has it', async () => (await import('./commands/job-inspect.js')).jobInspect],
      ['plan', 'what registering a job would lead to', async () => (await import('./commands/job-plan.js')).jobPlan],
      ['run', 'register a job, or change it', async () => (await import('./commands/job-run.js')).jobRun],
      [
        'scale',
        'change how many allocations a group has',
        async () => (await import('./commands/job-scale.js')).jobScale,
      ],
      [
        'scaling-events',
        'how the groups of a job were scaled',
        async () => (await import('./commands/job-scaling-events.js')).jobScalingEvents,
      ],
      ['status', 'jobs, or how one of them is doing', async () => (await import('./commands/job-status.js')).jobStatus],
      ['stop', 'stop jobs', async () => (await import('./commands/job-stop.js')).jobStop],
      [
        'validate',
        'say what is wrong with a job',
        async () => (await import('./commands/job-validate.js')).jobValidate,
      ],
    ] as const
  ).map(([name, synopsis, load]) => ({ name: `job ${name}`, synopsis, load })),
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
  ...(
    [
      ['apply', 'add or replace a namespace', 'namespaceApply'],
      ['delete', 'delete a namespace', 'namespaceDelete'],
      ['list', 'namespaces', 'namespaceList'],
      ['status', 'one namespace in detail', 'namespaceStatus'],
    ] as const
  ).map(([operation, synopsis, command]) => ({
    name: `namespace ${operation}`,
    synopsis,
    load: async () => (await import('./commands/namespace.js'))[command],
  })),
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
  ...(
    [
      ['apply', 'add or replace a node pool', 'nodePoolApply'],
      ['delete', 'delete a node pool', 'nodePoolDelete'],
      ['info', 'one node pool in detail', 'nodePoolInfo'],
      ['jobs', 'jobs of a node pool', 'nodePoolJobs'],
      ['list', 'node pools', 'nodePoolList'],
      ['nodes', 'nodes of a node pool', 'nodePoolNodes'],
    ] as const
  ).map(([operation, synopsis, command]) => ({
    name: `node pool ${operation}`,
    synopsis,
    load: async () => (await import('./commands/node-pool.js'))[command],
  })),
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
  ...(
    [
      ['get-config', 'settings of all schedulers', 'schedulerGetConfig'],
      ['set-config', 'change settings of all schedulers', 'schedulerSetConfig'],
    ] as const
  ).map(([operation, synopsis, command]) => ({
    name: `operator scheduler ${operation}`,
    synopsis,
    load: async () => (await import('./commands/operator-scheduler.js'))[command],
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
    name: 'status',
    synopsis: 'jobs, or whatever an id names',
    load: async () => (await import('./commands/status.js')).status,
  },
  {
    name: 'system gc',
    synopsis: 'have deleted what nobody needs',
    load: async () => (await import('./commands/system.js')).systemGc,
  },
  {
    name: 'system reconcile summaries',
    synopsis: 'have summaries of jobs worked out anew',
    load: async () => (await import('./commands/system.js')).systemReconcileSummaries,
  },
  {
    name: 'version',
    synopsis: 'version of this program',
    load: async () => (await import('./commands/version.js')).version,
  },
];
