import { errorMessage } from '@steppe/domain';
import { CLIENT_FLAGS, defineCommand, UsageError } from '../command.js';

/** Steppe's own: whether an audit log is as it was written. */
export const auditVerify = defineCommand({
  flags: { 'no-color': CLIENT_FLAGS['no-color'] },
  takes: '<file>',
  help: 'Checks that no record of an audit log was changed, taken out or put elsewhere.',
  run: async ({ args, io }) => {
    const [path] = args;
    if (path === undefined || args.length > 1) throw new UsageError('This command takes one argument: <file>');
    const { verifyAuditLog } = await import('@steppe/agent');
    const { records, hash, problem } = await verifyAuditLog(path).catch((error: unknown) => {
      throw new Error(`Error reading the audit log: ${errorMessage(error)}`, { cause: error });
    });
    if (problem !== undefined) {
      io.writeError(
        `${path}:${problem.line}: ${problem.reason}\n${records} records before it are as they were written\n`,
      );
      return 1;
    }
    io.writeOut(`${records} records, as they were written\nLast hash: ${hash}\n`);
    return 0;
  },
});
