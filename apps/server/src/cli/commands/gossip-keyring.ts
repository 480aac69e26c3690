import { errorMessage } from '@steppe/domain';
import { randomBytes } from 'node:crypto';
import type { Command } from '../command.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';

const KEY_BYTES = 32;

interface KeyringWire {
  readonly Keys: Readonly<Record<string, number>> | null;
  readonly NumNodes: number;
}

/** `operator gossip keyring generate`: needs no agent. */
export const keyringGenerate = defineCommand({
  flags: {},
  takes: '',
  help: 'Prints a new gossip encryption key.',
  run: async ({ args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    io.writeOut(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
    return 0;
  },
});

export const keyringList = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '',
  help: 'Lists the gossip encryption keys installed in the pool.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    io.writeOut('Gathering installed encryption keys...\n');
    const { Keys } = await told(
      async () => (await clientOf({ flags, io }).get('/v1/agent/keyring/list')) as KeyringWire,
    );
    io.writeOut(['Key', ...Object.keys(Keys ?? {})].map((line) => `${line}\n`).join(''));
    return 0;
  },
});

export const keyringInstall = change('install', 'Installs a new gossip encryption key in the pool.', {
  announce: 'Installing new gossip encryption key...',
});

export const keyringUse = change('use', 'Encrypts the pool’s gossip with an installed key from now on.', {
  announce: 'Changing primary gossip encryption key...',
});

export const keyringRemove = change('remove', 'Removes a gossip encryption key that is not in use from the pool.', {
  announce: 'Removing gossip encryption key...',
});

/** Steppe's own: all of the above in the one order that cuts nobody off. */
export const keyringRotate = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '[<key>]',
  help: 'Takes the pool to a new gossip encryption key: installs it everywhere, checks, uses it, checks, removes the others.',
  run: async ({ flags, args, io }) => {
    if (args.length > 1) throw new UsageError('This command takes at most one argument: <key>');
    const key = args[0] ?? randomBytes(KEY_BYTES).toString('base64');
    io.writeOut('Rotating the gossip encryption key...\n');
    const { NumNodes } = await told(
      async () => (await clientOf({ flags, io }).put('/v1/agent/keyring/rotate', {}, { Key: key })) as KeyringWire,
    );
    io.writeOut(`All ${NumNodes} members use the new key:\n${key}\n`);
    return 0;
  },
});

function change(operation: string, help: string, { announce }: { readonly announce: string }): Command {
  return defineCommand({
    flags: CLIENT_FLAGS,
    takes: '<key>',
    help,
    run: async ({ flags, args, io }) => {
      const [key] = args;
      if (key === undefined || args.length > 1) throw new UsageError('This command takes one argument: <key>');
      io.writeOut(`${announce}\n`);
      await told(() => clientOf({ flags, io }).put(`/v1/agent/keyring/${operation}`, {}, { Key: key }));
      return 0;
    },
  });
}

async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new Error(`error: ${errorMessage(error)}`, { cause: error });
  }
}
