import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EtcdCluster, HAS_ETCD } from '@steppe/state/testing';
import { eventually, ownLoopbackHost } from '@steppe/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlainReply, RunningAgent } from './cluster-agents.js';
import { ClusterAgents } from './cluster-agents.js';

jest.setTimeout(180_000);

const describeWithEtcd: (name: string, body: () => void) => void = HAS_ETCD ? describe : describe.skip;
/** Tokens may be short-lived here, and clients look again soon. */
const ACL = 'acl { enabled = true token_min_expiration_ttl = "1s" token_ttl = "1s" policy_ttl = "1s" role_ttl = "1s" }';
const agents = new ClusterAgents();
afterEach(() => agents.killAll());
afterAll(() => agents.removeFiles());

interface Token {
  readonly AccessorID: string;
  readonly SecretID: string;
}

async function ask(
  { url }: RunningAgent,
  path: string,
  { token = '', method = 'GET', body }: { token?: string; method?: string; body?: object } = {},
): Promise<PlainReply> {
  const reply = await fetch(url + path, {
    method,
    headers: token === '' ? {} : { 'X-Nomad-Token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

/** A request that has to succeed. */
async function must<T>(agent: RunningAgent, path: string, options: Parameters<typeof ask>[2]): Promise<T> {
  const { status, text } = await ask(agent, path, options);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Makes the first management token, a policy, and tokens with it. */
async function grant(agent: RunningAgent, ttl: string): Promise<{ root: Token; reader: Token; brief: Token }> {
  const root = await must<Token>(agent, '/v1/acl/bootstrap', { method: 'PUT' });
  const put = { token: root.SecretID, method: 'PUT' };
  await must(agent, '/v1/acl/policy/reader', {
    ...put,
    body: { Name: 'reader', Rules: 'agent { policy = "read" } node { policy = "read" }' },
  });
  const client = { Type: 'client', Policies: ['reader'] };
  const reader = await must<Token>(agent, '/v1/acl/token', { ...put, body: client });
  const brief = await must<Token>(agent, '/v1/acl/token', { ...put, body: { ...client, ExpirationTTL: ttl } });
  return { root, reader, brief };
}

describeWithEtcd('three servers that share tokens through etcd, and a worker', () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    const [a, b, c = '0'] = ownLoopbackHost().split('.');
    etcd = new EtcdCluster({ network: `${a}.${b}.${(Number(c) + 125) % 250}`, size: 3 });
    await etcd.start();
  });
  afterAll(() => etcd.stop());

  test('a token is good everywhere as soon as it is made, and no longer when it is over, whoever leads', async () => {
    const hosts = [ownLoopbackHost(), ownLoopbackHost(), ownLoopbackHost()];
    const [seed = ''] = hosts;
    const state = `state { engine = "etcd" etcd { addresses = ${JSON.stringify(etcd.addresses)} prefix = "/acl" lease_ttl = "2s" } }`;
    const start = (i: number, host: string) =>
      agents.server({ name: `s${i}`, host, seeds: [seed], region: 'one', server: state, rest: ACL });
    const servers: RunningAgent[] = [];
    for (const [i, host] of hosts.entries()) servers.push(await start(i, host));
    const worker = await agents.worker('w0', ownLoopbackHost(), hosts, ACL);
    const everywhere = [...servers, worker];
    const leaderAddress = () =>
      eventually(20_000, async () => {
        const answers = await Promise.all(servers.map((each) => must<string>(each, '/v1/status/leader', {})));
        expect(new Set(answers).size).toBe(1);
        return answers[0] ?? '';
      });
    const leader = await leaderAddress();
    const follower = servers.find(({ host }) => leader !== `${host}:4647`) as RunningAgent;

    // Made by way of a follower, good at once on all servers.
    const { root, reader, brief } = await grant(follower, '4s');
    for (const each of servers) {
      expect((await ask(each, '/v1/agent/self', { token: reader.SecretID })).status).toBe(200);
      expect((await ask(each, '/v1/agent/self', { token: brief.SecretID })).status).toBe(200);
    }
    await eventually(20_000, async () => {
      expect((await ask(worker, '/v1/nodes', { token: reader.SecretID })).status).toBe(200);
    });
    for (const each of everywhere) {
      expect((await ask(each, '/v1/nodes')).status).toBe(403);
      expect((await ask(each, '/v1/acl/tokens', { token: reader.SecretID })).status).toBe(403);
    }

    // Its time is over, everywhere.
    await eventually(20_000, async () => {
      for (const each of everywhere) {
        expect((await ask(each, '/v1/agent/self', { token: brief.SecretID })).status).toBe(403);
      }
    });

    // The leader is killed: tokens survive, and the next leader can make and delete them.
    const lost = servers.find(({ host }) => leader === `${host}:4647`) as RunningAgent;
    await agents.end(lost, 'SIGKILL');
    servers.splice(servers.indexOf(lost), 1);
    await eventually(30_000, async () => {
      const now = await leaderAddress();
      expect(now).not.toBe(leader);
    });
    const [one, two] = servers as [RunningAgent, RunningAgent];
    expect((await ask(one, '/v1/agent/self', { token: reader.SecretID })).status).toBe(200);
    await must(two, `/v1/acl/token/${reader.AccessorID}`, { token: root.SecretID, method: 'DELETE' });
    for (const each of servers) {
      await eventually(5_000, async () => {
        expect((await ask(each, '/v1/agent/self', { token: reader.SecretID })).status).toBe(403);
      });
    }
    // The client agent remembers for a second at most.
    await eventually(10_000, async () => {
      expect((await ask(worker, '/v1/agent/self', { token: reader.SecretID })).status).toBe(403);
    });
    expect((await ask(one, '/v1/acl/bootstrap', { method: 'PUT' })).text).toMatch(/^ACL bootstrap already done/);
  });
});

test('one server alone: tokens survive a kill, and a file on the server lets an operator begin again', async () => {
  const host = ownLoopbackHost();
  const start = () =>
    agents.server({ name: 'solo', host, seeds: [], region: 'one', server: 'bootstrap_expect = 1', rest: ACL });
  const first = await start();
  const { root, reader } = await grant(first, '1h');
  await agents.end(first, 'SIGKILL');
  const again = await start();
  expect((await ask(again, '/v1/agent/self', { token: reader.SecretID })).status).toBe(200);
  expect((await ask(again, '/v1/acl/tokens', { token: root.SecretID })).status).toBe(200);

  const refused = await ask(again, '/v1/acl/bootstrap', { method: 'PUT' });
  const index = /reset index: (\d+)/.exec(refused.text)?.[1] ?? '';
  const reset = join(agents.folder, 'solo', 'server', 'acl-bootstrap-reset');
  writeFileSync(reset, '1');
  expect((await ask(again, '/v1/acl/bootstrap', { method: 'PUT' })).text).toBe(
    `Invalid bootstrap reset index (specified 1, reset index: ${index})`,
  );
  writeFileSync(reset, `  ${index}\n`);
  const other = await must<Token>(again, '/v1/acl/bootstrap', { method: 'PUT' });
  expect(other.SecretID).not.toBe(root.SecretID);
  for (const { SecretID } of [root, other]) {
    expect((await ask(again, '/v1/acl/tokens', { token: SecretID })).status).toBe(200);
  }
  expect((await ask(again, '/v1/acl/bootstrap', { method: 'PUT' })).status).toBe(400);
});
