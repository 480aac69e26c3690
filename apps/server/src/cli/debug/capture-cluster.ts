import type { QueryValues } from '../api/api-client.js';
import type { DebugSession } from './debug-session.js';
import type { DebugTarget, DebugTargets } from './debug-targets.js';
import { folderName } from './debug-targets.js';

const CSI: QueryValues = { type: 'csi' };

/** What is asked in every interval: file, path and parameters. */
const STATE: readonly (readonly [file: string, path: string, query?: QueryValues])[] = [
  ['jobs', '/v1/jobs'],
  ['deployments', '/v1/deployments'],
  ['evaluations', '/v1/evaluations'],
  ['allocations', '/v1/allocations'],
  ['nodes', '/v1/nodes'],
  ['metrics', '/v1/metrics'],
  ['operator-raft', '/v1/operator/raft/configuration'],
  ['operator-scheduler', '/v1/operator/scheduler/configuration'],
  ['operator-autopilot-health', '/v1/operator/autopilot/health'],
  ['license', '/v1/operator/license'],
];

/** What is asked once: who the cluster is. */
export async function captureCluster(session: DebugSession, { members, leader }: DebugTargets): Promise<void> {
  await session.bundle.writeJson('cluster/members.json', members);
  await session.bundle.writeJson('cluster/leader.json', leader);
  await session.json('/v1/agent/self', {}, 'cluster/agent-self.json');
  await session.json('/v1/namespaces', {}, 'cluster/namespaces.json');
  await session.json('/v1/regions', {}, 'cluster/regions.json');
  await session.json('/v1/agent/health', {}, 'cluster/agent-health.json');
}

/** The machine an agent runs on. */
export async function captureHost(session: DebugSession, { id, folder, query }: DebugTarget): Promise<void> {
  const what = `Failed to query the host of ${id}`;
  try {
    const named = query.node_id === '' ? { server_id: query.server_id } : { node_id: query.node_id };
    const text = (await session.bytes('/v1/agent/host', named)).toString('utf8');
    // Agents that do not know the path answer with their web page.
    if (text.startsWith('<')) throw new Error('unavailable on this agent');
    await session.bundle.writeJson(`${folder}/agent-host.json`, JSON.parse(text));
  } catch (error) {
    session.report(what, error);
  }
}

/** The state of the cluster at one moment. */
export async function captureState(session: DebugSession, round: string): Promise<void> {
  const folder = `interval/${round}`;
  for (const [file, path, query = {}] of STATE) await session.json(path, query, `${folder}/${file}.json`);
  await captureEach(session, folder, { list: '/v1/plugins', each: '/v1/plugin/csi', file: 'csi-plugins' });
  await captureEach(session, folder, { list: '/v1/volumes', each: '/v1/volume/csi', file: 'csi-volumes' });
}

/** A list, and each of what it names. */
async function captureEach(
  session: DebugSession,
  folder: string,
  { list, each, file }: { readonly list: string; readonly each: string; readonly file: string },
): Promise<void> {
  const found = await session.json(list, CSI, `${folder}/${file}.json`);
  if (!Array.isArray(found)) return;
  for (const { ID } of found as readonly { readonly ID?: unknown }[]) {
    if (typeof ID !== 'string') continue;
    await session.json(
      `${each}/${encodeURIComponent(ID)}`,
      {},
      `${folder}/${file.slice(0, -1)}-${folderName(ID)}.json`,
    );
  }
}

/** What may be odd about the agents; told, and then gone on. */
export function versionWarnings(targets: readonly DebugTarget[]): readonly string[] {
  return targets.flatMap(({ id, version }) => {
    const parts = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(version)?.slice(1).map(Number);
    if (parts === undefined) return [`The version of ${id} cannot be understood: "${version}"`];
    const [major = 0, minor = 0, patch = 0] = parts;
    // Nomad: these could be brought down by a request for a profile.
    const isFragile = major === 0 && minor === 11 && patch <= 2;
    return isFragile ? [`${id} runs version ${version}, of which profiles are not taken safely`] : [];
  });
}
