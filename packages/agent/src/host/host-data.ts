import { errorMessage } from '@steppe/domain';
import { readFile } from 'node:fs/promises';
import { machine, networkInterfaces, release, type, version, hostname } from 'node:os';
import type { DiskUsage } from './disk-usage.js';
import { readDiskUsage } from './disk-usage.js';
import { redactEnvironment } from './environment-redaction.js';
import { describeAddress } from './network-address.js';

/** What `GET /v1/agent/host` says of a machine; field names are the wire's. */
export interface HostData {
  readonly Disk: Readonly<Record<string, DiskUsage>>;
  readonly Environment: Readonly<Record<string, string>>;
  readonly Hosts: string;
  readonly Network: readonly Readonly<Record<string, string>>[];
  readonly OS: string;
  readonly ResolvConf: string;
}

export interface HostDataOptions {
  /** The process environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Reads the machine's data afresh: its addresses, disks, name resolution, and the redacted process environment. */
export async function readHostData({ environment }: HostDataOptions): Promise<HostData> {
  const [disk, hosts, resolvConf] = await Promise.all([
    readDiskUsage(),
    contentsOrError('/etc/hosts'),
    contentsOrError('/etc/resolv.conf'),
  ]);
  return {
    Disk: disk,
    Environment: redactEnvironment(environment),
    Hosts: hosts,
    Network: readNetwork(),
    OS: [machine(), hostname(), release(), type(), version()].join(' '),
    ResolvConf: resolvConf,
  };
}

/** As the reference does, a file that cannot be read shows why in place of its contents. */
async function contentsOrError(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return errorMessage(error);
  }
}

function readNetwork(): readonly Readonly<Record<string, string>>[] {
  try {
    return Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).map(({ address, cidr, family }) =>
        describeAddress(
          address,
          family === 'IPv6' ? 6 : 4,
          Number(cidr?.split('/')[1] ?? (family === 'IPv6' ? 128 : 32)),
        ),
      ),
    );
  } catch (error) {
    return [{ error: errorMessage(error) }];
  }
}
