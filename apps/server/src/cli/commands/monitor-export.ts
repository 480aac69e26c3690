import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { copyPayloads } from './frame-payloads.js';
import { nodeIdOf } from './node-lookup.js';

export const monitorExport = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    'service-name': { kind: 'string', usage: 'systemd unit whose journal is wanted' },
    'on-disk': { kind: 'bool', usage: 'the agent’s own log file' },
    'logs-since': { kind: 'string', usage: 'how far back in the journal; default 72h' },
    follow: { kind: 'bool', usage: 'go on with what the journal gets from now on' },
    'log-follow': { kind: 'bool', usage: 'the same as -follow' },
    'node-id': { kind: 'string', usage: 'the client node with this id or prefix' },
    'server-id': { kind: 'string', usage: 'the server with this name or id, or leader' },
  },
  takes: '',
  help: 'Writes out what an agent has logged, from its log file or the system journal.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const client = clientOf({ flags, io });
    const nodeId = await nodeIdOf(client, flags['node-id'] ?? '');
    const leave = new AbortController();
    const stopListening = io.onInterrupt(() => leave.abort());
    try {
      const { signal } = leave;
      const query = {
        follow: `${flags.follow === true || flags['log-follow'] === true}`,
        logs_since: flags['logs-since'] ?? '72h0m0s',
        node_id: nodeId,
        on_disk: `${flags['on-disk'] === true}`,
        server_id: flags['server-id'] ?? '',
        service_name: flags['service-name'] ?? '',
      };
      const log = await client.download('/v1/agent/monitor/export', query, { signal }).catch((error: unknown) => {
        throw new Error(`Error starting monitor: ${errorMessage(error)}`, { cause: error });
      });
      const bytes = await copyPayloads(log, async (payload) => {
        io.writeOut(payload);
        await io.written();
      });
      if (bytes > 0) return 0;
      throw new Error('Returned no data or errors, check your log_file configuration or service name');
    } catch (error) {
      if (leave.signal.aborted) return 0;
      throw error;
    } finally {
      stopListening();
    }
  },
});
