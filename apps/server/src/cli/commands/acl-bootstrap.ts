import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { tokenDetails } from './acl-format.js';
import { explained, readSecret } from './acl-input.js';
import type { AclTokenWire } from './acl-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

export const aclBootstrap = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '[<file with the secret, or ->]',
  help: 'Makes the first management token.',
  run: async ({ flags, args, io }) => {
    const [path] = args;
    if (args.length > 1) throw new UsageError('This command takes up to one argument');
    const BootstrapSecret = path === undefined ? '' : await readSecret(path, io);
    const token = (await explained('Error bootstrapping: ', () =>
      clientOf({ flags, io }).put('/v1/acl/bootstrap', {}, { BootstrapSecret }),
    )) as AclTokenWire;
    io.writeOut(formatted(flags, token) ?? tokenDetails(token));
    return 0;
  },
});
