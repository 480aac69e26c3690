import type { FlagTable, FlagValues } from '@steppe/config';
import { parseGoFlags } from '@steppe/config';
import { errorMessage, isSteppeError } from '@steppe/domain';
import { ApiClient } from './api/api-client.js';
import type { ConnectionOptions } from './api/connection-options.js';
import { connectionOptions } from './api/connection-options.js';
import type { CliIo } from './cli-io.js';

/** One command: its flags, what it takes behind them, and what it does. */
export interface Command<Flags extends FlagTable = FlagTable> {
  readonly flags: Flags;
  /** What follows the flags, for the usage line, such as `<address>...`. */
  readonly takes: string;
  /** One sentence for the help text. */
  readonly help: string;
  /** Exit code when it throws; default 1. */
  readonly failure?: number;
  /** @returns the exit code. What it throws is shown. */
  run(invocation: Invocation<Flags>): Promise<number>;
}

interface Invocation<Flags extends FlagTable = FlagTable> {
  readonly flags: FlagValues<Flags>;
  readonly args: readonly string[];
  readonly io: CliIo;
}

/** The command was called in a way it does not understand. */
export class UsageError extends Error {}

/** How to reach an agent, for every command that asks one. */
export const CLIENT_FLAGS = {
  address: { kind: 'string', usage: 'address of the agent; default NOMAD_ADDR or http://127.0.0.1:4646' },
  region: { kind: 'string', usage: 'region to ask; default that of the agent' },
  namespace: { kind: 'string', usage: 'namespace of the request' },
  token: { kind: 'string', usage: 'ACL token' },
  'ca-cert': { kind: 'string', usage: 'PEM file of the authority that signed the agent’s certificate' },
  'ca-path': { kind: 'string', usage: 'folder of such files' },
  'client-cert': { kind: 'string', usage: 'PEM file of our own certificate' },
  'client-key': { kind: 'string', usage: 'PEM file of its key' },
  'tls-server-name': { kind: 'string', usage: 'name the agent’s certificate must carry' },
  'tls-skip-verify': { kind: 'bool', usage: 'do not verify the agent’s certificate' },
  insecure: { kind: 'bool', usage: 'the same as -tls-skip-verify' },
  'no-color': { kind: 'bool', usage: 'no colours, also on a terminal' },
  'force-color': { kind: 'bool', usage: 'colours, also where nobody has a terminal; only log lines have any' },
} as const satisfies FlagTable;

/** Fixes the type of the flags a command sees. */
export function defineCommand<const Flags extends FlagTable>(command: Command<Flags>): Command {
  return command;
}

interface Connecting {
  readonly flags: FlagValues<typeof CLIENT_FLAGS>;
  readonly io: CliIo;
}

/** How to reach the agent that flags and environment name, and as whom. */
export function connectionOf({ flags, io }: Connecting): ConnectionOptions {
  const given = {
    address: flags.address,
    token: flags.token,
    region: flags.region,
    namespace: flags.namespace,
    caCert: flags['ca-cert'],
    caPath: flags['ca-path'],
    clientCert: flags['client-cert'],
    clientKey: flags['client-key'],
    tlsServerName: flags['tls-server-name'],
    tlsSkipVerify: flags['tls-skip-verify'] === true || flags.insecure === true,
  };
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return connectionOptions(defined, io.environment);
}

/** A client for the agent that flags and environment name. */
export const clientOf = (connecting: Connecting): ApiClient => new ApiClient(connectionOf(connecting));

/** Runs a command with what stands behind its name. @returns the exit code */
export async function invoke(name: string, command: Command, words: readonly string[], io: CliIo): Promise<number> {
  if (words.some((word) => /^--?(h|help)$/.test(word))) {
    io.writeOut(helpText(name, command));
    return 0;
  }
  try {
    const { values, args } = parseGoFlags(words, command.flags);
    return await command.run({ flags: values, args, io });
  } catch (error) {
    io.writeError(`${errorMessage(error)}\n`);
    if (error instanceof UsageError || isSteppeError(error, 'FLAG_INVALID')) {
      io.writeError(`For additional help try 'steppe ${name} -help'\n`);
    }
    return command.failure ?? 1;
  }
}

function helpText(name: string, { flags, takes, help }: Command): string {
  const usage = ['Usage: steppe', name, '[options]', takes].filter((word) => word !== '').join(' ');
  const options = Object.entries(flags).map(([flag, { kind, usage: text }]) => {
    const value = kind === 'bool' ? '' : kind === 'int' ? '=<n>' : '=<value>';
    return `  -${flag}${value}\n      ${text}\n`;
  });
  return `${usage}\n\n  ${help}\n\nOptions:\n\n${options.join('\n')}`;
}
