import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { SIGNING_KEYS } from '@steppe/state';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { NODE_SECRET, RegionFixture } from '../testing/region-fixture.js';
import { SigningKeys } from './signing-keys.js';

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
  return { allocation, token: assigned?.identities['main'] ?? '' };
}

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
