import { afterAll, afterEach, expect, jest, test } from '@jest/globals';
import { eventually, ownLoopbackHost } from '@steppe/testing';
import { ClusterAgents } from './cluster-agents.js';

jest.setTimeout(120_000);

const agents = new ClusterAgents();
afterEach(() => agents.killAll());
afterAll(() => agents.removeFiles());

const ACL = 'acl { enabled = true }';
const RAW_EXEC = 'plugin "raw_exec" { config { enabled = true } }';
const TTL_SECONDS = 2;
/** Notes the token of its file at the start and whenever it is told that there is another. */
const NOTES_TOKENS = `
note() { cat "$NOMAD_SECRETS_DIR/nomad_token" >> "$NOMAD_ALLOC_DIR/data/tokens"; echo >> "$NOMAD_ALLOC_DIR/data/tokens"; }
trap note HUP
note
while :; do sleep 0.2; done`;

const jobOf = (id: string, identity: object, script: string) => ({
  Job: {
    ID: id,
    TaskGroups: [
      {
        Name: 'g',
        EphemeralDisk: { SizeMB: 10 },
        RestartPolicy: { Attempts: 0, Mode: 'fail' },
        Tasks: [
          {
            Name: 'main',
            Driver: 'raw_exec',
            Config: { command: '/bin/sh', args: ['-c', script] },
            Resources: { CPU: 1, MemoryMB: 10 },
            Identity: { TTL: TTL_SECONDS * 1e9, ...identity },
          },
        ],
      },
    ],
  },
});

interface Alloc {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<Record<string, { readonly State: string; readonly Restarts: number }>> | null;
}

test('tokens that expire are renewed while their tasks run: over a change of keys, and over a restart of the agent', async () => {
  const host = ownLoopbackHost();
  const workerHost = ownLoopbackHost();
  await agents.server({
    name: 'server',
    host,
    seeds: [host],
    region: 'one',
    server: 'bootstrap_expect = 1',
    rest: ACL,
  });
  const call = async (method: string, path: string, token: string, body?: object) => {
    const reply = await fetch(`http://${host}:4646${path}`, {
      method,
      headers: { 'X-Nomad-Token': token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: reply.status, text: await reply.text() };
  };
  const { SecretID: management } = JSON.parse((await call('PUT', '/v1/acl/bootstrap', '')).text) as {
    SecretID: string;
  };
  const json = async <T>(path: string): Promise<T> => JSON.parse((await call('GET', path, management)).text) as T;
  const launch = () => agents.worker('worker', workerHost, [host], `${ACL} ${RAW_EXEC}`);
  let worker = await launch();

  await call(
    'PUT',
    '/v1/jobs',
    management,
    jobOf('told', { File: true, ChangeMode: 'signal', ChangeSignal: 'SIGHUP' }, NOTES_TOKENS),
  );
  await call('PUT', '/v1/jobs', management, jobOf('anew', { Env: true, ChangeMode: 'restart' }, 'sleep 600'));
  const allocOf = async (job: string): Promise<Alloc | undefined> =>
    (await json<Alloc[]>(`/v1/job/${job}/allocations`))[0];
  const noted = async (): Promise<readonly string[]> => {
    const { ID } = (await allocOf('told')) ?? { ID: '' };
    const { status, text } = await call('GET', `/v1/client/fs/cat/${ID}?path=alloc/data/tokens`, management);
    return status === 200 ? text.trim().split('\n') : [];
  };
  await eventually(30_000, async () => expect((await noted()).length).toBeGreaterThan(1));
  const [first = '', second = ''] = await noted();
  const { iat = 0, exp } = claimsOf(second);
  expect([exp, first === second]).toEqual([iat + TTL_SECONDS, false]);
  // It has no policies, and may say so.
  expect(await call('GET', '/v1/acl/policies', second)).toEqual({ status: 200, text: '[]' });

  expect((await call('PUT', '/v1/operator/keyring/rotate', management)).status).toBe(200);
  await eventually(30_000, async () => expect(keyOf((await noted()).at(-1) ?? '')).not.toBe(keyOf(first)));
  await eventually(30_000, async () => {
    const task = (await allocOf('anew'))?.TaskStates?.['main'];
    expect(task?.State).toBe('running');
    expect(task?.Restarts).toBeGreaterThan(1);
  });
  await agents.end(worker, 'SIGKILL');
  const before = await allocOf('told');
  worker = await launch();
  const count = (await eventuallySome(noted)).length;
  await eventually(30_000, async () => expect((await noted()).length).toBeGreaterThan(count + 1));
  // It is still the same process, and its newest token is good.
  expect(await allocOf('told')).toMatchObject({
    ID: before?.ID,
    TaskStates: { main: { State: 'running', Restarts: 0 } },
  });
  await eventually(30_000, async () => {
    expect((await call('GET', '/v1/acl/policies', (await noted()).at(-1) ?? '')).status).toBe(200);
  });
});

async function eventuallySome(read: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await eventually(30_000, async () => {
    found = await read();
    expect(found).not.toEqual([]);
  });
  return found;
}

const partOf = (token: string, index: number): unknown =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());
const claimsOf = (token: string) => partOf(token, 1) as { readonly iat?: number; readonly exp?: number };
const keyOf = (token: string) => (partOf(token, 0) as { readonly kid: string }).kid;
