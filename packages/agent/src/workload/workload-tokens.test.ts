import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { SIGNING_KEYS } from '@steppe/state';
import { SimClock } from '@steppe/testing';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { readJob } from '../scheduling/job-rows.js';
import { NODE_SECRET, RegionFixture } from '../testing/region-fixture.js';
import { SigningKeys } from './signing-keys.js';
import { WorkloadTokens } from './workload-tokens.js';

let region: RegionFixture;
beforeEach(async () => {
  region = new RegionFixture();
  await region.start();
});
afterEach(() => region.stop());

const keys = () => region.state.snapshot().rows(SIGNING_KEYS);

/** A task that runs, and its token. */
async function running(task: object = {}) {
  if (keys().length === 0) await region.keys.rotate();
  await region.addNode('n1');
  await region.run({}, { Tasks: [{ Name: 'main', Driver: 'raw_exec', ...task }] });
  await region.settle();
  await region.startAll();
  const [allocation] = region.live();
  if (allocation === undefined) throw new Error('nothing was placed');
  const query = { ids: [allocation.id], minIndex: 0, signal: new AbortController().signal };
  const [assigned] = await region.assigned.allocations({ id: 'n1', secret: NODE_SECRET }, query);
  return { allocation, identities: assigned?.identities ?? [], token: assigned?.identities[0]?.token ?? '' };
}

/** Time goes by, and the node does not lose touch. */
async function pass(ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= 5_000) {
    await region.beat('n1');
    await region.settle(Math.min(leftMs, 5_000));
  }
}

/** New tokens of an allocation, as its node asks for them. */
const renewed = (allocId: string, { node = 'n1', secret = NODE_SECRET, identities = ['default'] } = {}) =>
  region.assigned.signIdentities(
    { id: node, secret },
    {
      allocId,
      names: identities.map((identity) => ({ task: 'main', identity })),
      minIndex: 0,
      signal: new AbortController().signal,
    },
  );

const verify = (token: string) => region.tokens.verify(new Secret(token));

test('a task has a token that says who it is, and third parties can check it', async () => {
  const { allocation, token } = await running();
  const [key] = keys();
  const set = createLocalJWKSet({ keys: [{ ...key?.publicKey, kid: key?.id ?? '', alg: 'RS256' }] });
  const { payload } = await jwtVerify(token, set, { currentDate: new Date(region.clock.now()) });
  expect(payload).toMatchObject({
    aud: 'nomadproject.io',
    iat: Math.floor(region.clock.now() / 1_000),
    nomad_allocation_id: allocation.id,
    nomad_job_id: 'web',
    nomad_namespace: 'default',
    nomad_task: 'main',
    sub: 'global:default:web:front:main:default',
  });
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: key?.id, typ: 'JWT' });
  expect(await verify(token)).toEqual({
    allocationId: allocation.id,
    namespace: 'default',
    jobId: 'web',
    group: 'front',
    task: 'main',
  });
});

test('it is for whom the job says', async () => {
  const { token } = await running({ Identity: { Name: 'vault', Audience: ['a', 'b'] } });
  expect(decodeJwt(token)).toMatchObject({ aud: ['a', 'b'], sub: 'global:default:web:front:main:vault' });
});

test('each of its identities has one; one beside the default is only for whom the job says', async () => {
  const { identities } = await running({
    Identities: [{ Name: 'vault', Audience: ['vault.example'] }, { Name: 'bare' }],
  });
  expect(identities.map(({ task, identity }) => [task, identity])).toEqual([
    ['main', 'default'],
    ['main', 'vault'],
    ['main', 'bare'],
  ]);
  const [, vault, bare] = identities.map(({ token }) => token);
  expect(decodeJwt(vault ?? '').aud).toBe('vault.example');
  expect(decodeJwt(bare ?? '')).not.toHaveProperty('aud');
  await expect(verify(vault ?? '')).rejects.toThrow('invalid claims');
  await expect(verify(bare ?? '')).rejects.toThrow('invalid claims');
});

test('one that expires counts until a minute after that, and its node has a new one signed before', async () => {
  const { allocation, token } = await running({ Identity: { TTL: 60e9 } });
  const { iat = 0, exp } = decodeJwt(token);
  expect(exp).toBe(iat + 60);
  await pass(50_000);
  const [fresh] = await renewed(allocation.id);
  expect(fresh).toMatchObject({ task: 'main', identity: 'default' });
  await pass(65_000);
  expect((await verify(token)).allocationId).toBe(allocation.id);
  await pass(10_000);
  await expect(verify(token)).rejects.toMatchObject({
    code: 'ACL_TOKEN_MALFORMED',
    message: expect.stringContaining('invalid claims') as unknown,
  });
  expect((await verify(fresh?.token ?? '')).allocationId).toBe(allocation.id);
});

test('one that was signed by a server whose clock is ahead counts, as long as that is not by much', async () => {
  const { allocation } = await running();
  const { clock, state, random } = region;
  const job = readJob(state.snapshot(), { namespace: 'default', id: allocation.jobId });
  if (job === undefined) throw new Error('the job is gone');
  const signedAhead = async (ms: number): Promise<string> => {
    const ahead = new SimClock(clock.now() + ms);
    const server = new WorkloadTokens({ region: 'global', issuer: '' }, { state, clock: ahead, random });
    return (await server.sign(allocation, job))[0]?.token ?? '';
  };
  expect((await verify(await signedAhead(30_000))).allocationId).toBe(allocation.id);
  await expect(verify(await signedAhead(90_000))).rejects.toThrow('invalid claims');
});

test('new ones are signed for the node of the allocation alone, with its secret, and only as long as it is to run', async () => {
  const { allocation } = await running({ Identities: [{ Name: 'vault', Audience: ['v'] }] });
  const { id } = allocation;
  await region.addNode('n2');
  await expect(renewed(id, { node: 'n2' })).rejects.toMatchObject({
    code: 'SIGNING_REFUSED',
    message: `no token for a task of allocation "${id}": this node does not have it`,
  });
  await expect(renewed('no-such')).rejects.toMatchObject({ code: 'SIGNING_REFUSED' });
  await expect(renewed(id, { secret: new Secret('guessed') })).rejects.toMatchObject({ code: 'NODE_SECRET_MISMATCH' });
  expect((await renewed(id, { identities: ['vault', 'vault', 'unknown'] })).map(({ identity }) => identity)).toEqual([
    'vault',
  ]);
  await region.report(allocation, 'complete');
  await expect(renewed(id)).rejects.toThrow('it is terminal');
});

test('it counts as long as its allocation lives', async () => {
  const { allocation, token } = await running();
  await region.report(allocation, 'complete');
  await expect(verify(token)).rejects.toThrow('allocation is terminal');
  await region.store.deleteEvaluations([], [allocation.id]);
  await expect(verify(token)).rejects.toThrow('allocation does not exist');
});

test.each<[string, (token: string) => string, string]>([
  ['changed content', (token) => token.replace(/\.[^.]+\./, `.${part({ nomad_task: 'root' })}.`), 'invalid signature'],
  ['another signature', (token) => token.replace(/\.[^.]+$/, '.AAAA'), 'invalid signature'],
  ['no algorithm', (token) => token.replace(/^[^.]+/, part({ alg: 'none', kid: keys()[0]?.id })), 'invalid signature'],
  ['an unknown key', (token) => token.replace(/^[^.]+/, part({ alg: 'RS256', kid: 'x' })), 'the key is not known'],
  ['a header that is none', (token) => token.replace(/^[^.]+/, 'xx'), 'failed to parse signed token'],
])('a token with %s is refused', async (_, change, message) => {
  const { token } = await running();
  await expect(verify(change(token))).rejects.toMatchObject({
    code: 'ACL_TOKEN_MALFORMED',
    message: expect.stringContaining(message) as unknown,
  });
});

const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');

test('a token that is not of a task, and one whose time is over, are refused', async () => {
  await region.keys.rotate();
  const [key] = keys();
  const { importPKCS8 } = await import('jose');
  const secret = await importPKCS8(key?.privateKey.reveal() ?? '', 'RS256');
  const sign = (claims: object, exp: number) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: key?.id ?? '' })
      .setExpirationTime(exp)
      .sign(secret);
  const nowS = Math.floor(region.clock.now() / 1_000);
  await expect(verify(await sign({ sub: 'x' }, nowS + 60))).rejects.toThrow('invalid claims');
  await expect(verify(await sign({ sub: 'x' }, nowS - 60))).rejects.toThrow('invalid claims');
});

test('keys change, and the old ones stay as long as something runs that has a token by them', async () => {
  const { state, leadership, clock, random, logger } = region;
  const keeper = new SigningKeys(
    { rotationThresholdMs: 86_400_000, gcThresholdMs: 2_000, intervalMs: 1_000 },
    { state, leadership, clock, random, logger },
  );
  await keeper.rotate();
  const { allocation, token } = await running();
  const old = keys()[0]?.id ?? '';
  await keeper.rotate();
  await keeper.start();
  await region.settle(4_000);
  expect(
    keys()
      .map((key) => key.state)
      .toSorted(),
  ).toEqual(['active', 'inactive']);
  expect((await verify(token)).allocationId).toBe(allocation.id);
  await region.report(allocation, 'complete');
  await region.settle(4_000);
  expect(keys().map(({ id }) => id)).not.toContain(old);
  await keeper.stop();
});

test('a key that has signed a token that expires goes when that is over, not before, and not only when its allocation ends', async () => {
  const { state, leadership, clock, random, logger } = region;
  const keeper = new SigningKeys(
    { rotationThresholdMs: 86_400_000, gcThresholdMs: 2_000, intervalMs: 1_000 },
    { state, leadership, clock, random, logger },
  );
  await keeper.rotate();
  const old = keys()[0]?.id ?? '';
  const { allocation, token } = await running({ Identity: { TTL: 30e9 } });
  await keeper.rotate();
  await keeper.start();
  await pass(20_000);
  expect((await verify(token)).allocationId).toBe(allocation.id);
  const [fresh] = await renewed(allocation.id);
  expect(decodeProtectedHeader(fresh?.token ?? '').kid).not.toBe(old);
  await pass(60_000);
  expect(keys().map(({ id }) => id)).toContain(old);
  await pass(15_000);
  expect(keys().map(({ id }) => id)).not.toContain(old);
  expect((await verify(fresh?.token ?? '')).allocationId).toBe(allocation.id);
  await keeper.stop();
});

test('a key that has signed long enough is followed by another', async () => {
  const { state, leadership, clock, random, logger } = region;
  const keeper = new SigningKeys(
    { rotationThresholdMs: 5_000, gcThresholdMs: 60_000, intervalMs: 1_000 },
    { state, leadership, clock, random, logger },
  );
  await keeper.rotate();
  const [first] = keys();
  await keeper.start();
  await region.settle(4_000);
  expect(keys()).toHaveLength(1);
  const changed = state.waitBeyond({ table: SIGNING_KEYS }, first?.modifyIndex ?? 0, { timeoutMs: 10_000 });
  await region.settle(1_000);
  expect(await changed).toBe(true);
  expect(keys().find(({ id }) => id === first?.id)?.state).toBe('inactive');
  await keeper.stop();
});
