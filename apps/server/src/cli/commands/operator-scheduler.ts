import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatKeyValues } from '../format/columns.js';
import { explained } from './acl-input.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const PATH = '/v1/operator/scheduler/configuration';

/** What `/v1/operator/scheduler/configuration` has of settings. */
interface SettingsWire {
  readonly SchedulerAlgorithm: string;
  readonly MemoryOversubscriptionEnabled: boolean;
  readonly RejectJobRegistration: boolean;
  readonly PauseEvalBroker: boolean;
  readonly NodeLimitForFeasibilityChecks?: number;
  readonly PreemptionConfig: Readonly<Record<PreemptionField, boolean>>;
  readonly ModifyIndex: number;
}

type PreemptionField =
  | 'SystemSchedulerEnabled'
  | 'SysBatchSchedulerEnabled'
  | 'BatchSchedulerEnabled'
  | 'ServiceSchedulerEnabled';

async function settingsOf(client: ApiClient): Promise<SettingsWire> {
  const reply = await explained('Error querying scheduler configuration: ', () => client.get(PATH));
  return (reply as { readonly SchedulerConfig: SettingsWire }).SchedulerConfig;
}

export const schedulerGetConfig = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Shows the settings of all schedulers of the region.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const settings = await settingsOf(clientOf({ flags, io }));
    const { PreemptionConfig: preemption } = settings;
    const table = formatKeyValues([
      ['Scheduler Algorithm', settings.SchedulerAlgorithm],
      ['Memory Oversubscription', `${settings.MemoryOversubscriptionEnabled}`],
      ['Reject Job Registration', `${settings.RejectJobRegistration}`],
      ['Pause Eval Broker', `${settings.PauseEvalBroker}`],
      ['Preemption System Scheduler', `${preemption.SystemSchedulerEnabled}`],
      ['Preemption Service Scheduler', `${preemption.ServiceSchedulerEnabled}`],
      ['Preemption Batch Scheduler', `${preemption.BatchSchedulerEnabled}`],
      ['Preemption SysBatch Scheduler', `${preemption.SysBatchSchedulerEnabled}`],
      ['Node Limit For Feasibility Checks', `${settings.NodeLimitForFeasibilityChecks ?? 0}`],
      ['Modify Index', `${settings.ModifyIndex}`],
    ]);
    io.writeOut(formatted(flags, settings) ?? `${table}\n`);
    return 0;
  },
});

const SET_FLAGS = {
  ...CLIENT_FLAGS,
  'check-index': { kind: 'int', usage: 'only if the settings have this modify index' },
  'scheduler-algorithm': { kind: 'string', usage: 'binpack or spread' },
  'memory-oversubscription': { kind: 'bool', usage: 'let tasks exceed their memory where there is some left' },
  'reject-job-registration': { kind: 'bool', usage: 'take no jobs but from management tokens' },
  'pause-eval-broker': { kind: 'bool', usage: 'hand out no evaluations' },
  'preempt-system-scheduler': { kind: 'bool', usage: 'let system jobs evict others' },
  'preempt-service-scheduler': { kind: 'bool', usage: 'let service jobs evict others' },
  'preempt-batch-scheduler': { kind: 'bool', usage: 'let batch jobs evict others' },
  'preempt-sysbatch-scheduler': { kind: 'bool', usage: 'let sysbatch jobs evict others' },
  'node-limit': { kind: 'int', usage: 'nodes looked at for jobs with affinities or spreads' },
} as const satisfies FlagTable;

export const schedulerSetConfig = defineCommand({
  flags: SET_FLAGS,
  takes: '',
  help: 'Changes settings of all schedulers of the region; those not named stay as they are.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const client = clientOf({ flags, io });
    const now = await settingsOf(client);
    const settings = {
      ...now,
      ...given({
        SchedulerAlgorithm: flags['scheduler-algorithm'],
        MemoryOversubscriptionEnabled: flags['memory-oversubscription'],
        RejectJobRegistration: flags['reject-job-registration'],
        PauseEvalBroker: flags['pause-eval-broker'],
        NodeLimitForFeasibilityChecks: flags['node-limit'],
      }),
      PreemptionConfig: {
        ...now.PreemptionConfig,
        ...given({
          SystemSchedulerEnabled: flags['preempt-system-scheduler'],
          ServiceSchedulerEnabled: flags['preempt-service-scheduler'],
          BatchSchedulerEnabled: flags['preempt-batch-scheduler'],
          SysBatchSchedulerEnabled: flags['preempt-sysbatch-scheduler'],
        }),
      },
    };
    // Nobody else's change of the moment is undone.
    const cas = `${flags['check-index'] ?? now.ModifyIndex}`;
    const { Updated } = (await explained('Error setting scheduler configuration: ', () =>
      client.put(PATH, { cas }, settings),
    )) as { readonly Updated: boolean };
    if (!Updated) {
      io.writeError('Scheduler configuration could not be atomically updated, please try again\n');
      return 1;
    }
    io.writeOut('Scheduler configuration updated!\n');
    return 0;
  },
});

const given = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
