import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { KeyRing } from '@steppe/gossip';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, SerfAgent } from '@steppe/testing';
import { allSee, alive, SPREAD_MS, Started } from './pool.js';
import { describeWithSerf } from './describe-with-serf.js';
import { SteppeMember } from './steppe-member.js';

jest.setTimeout(180_000);
const started = new Started();
const folder = mkdtempSync(join(tmpdir(), 'steppe-keys-'));
afterEach(() => started.endAll());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = (byte: number, size = 32): string => Buffer.alloc(size, byte).toString('base64');
const ringOf = (...keys: readonly string[]) => new KeyRing(keys.map((text) => Buffer.from(text, 'base64')));

async function encryptedPair(secret: string, keyringFile?: string) {
  const args = keyringFile === undefined ? [`-encrypt=${secret}`] : [`-keyring-file=${keyringFile}`];
  const a = started.add(await SerfAgent.start('r1', args));
  const ring = ringOf(secret);
  const s = started.add(await SteppeMember.start('s', { keyring: ring }));
  return { a, s, ring };
}

describeWithSerf('encryption with real serf agents', () => {
  test.each([16, 24, 32])('rows 38 and 39: a pool with a key of %i bytes, joined from either side', async (size) => {
    const { a, s } = await encryptedPair(key(1, size));
    await s.join(a.host);
    await allSee([a, s], alive('r1', 's'));
    const late = started.add(await SteppeMember.start('late', { keyring: ringOf(key(1, size)) }));
    await a.run('join', `${late.address.host}:${late.address.port}`);
    await allSee([a, s, late], alive('late', 'r1', 's'));
    expect(s.serf.stats()['encrypted']).toBe('true');
  });

  test('row 38: without the key, or with another, nobody gets in on either side', async () => {
    const { a, s } = await encryptedPair(key(1));
    const [plain, stranger] = [
      started.add(await SteppeMember.start('plain')),
      started.add(await SteppeMember.start('stranger', { keyring: ringOf(key(2)) })),
    ];
    for (const other of [plain, stranger]) {
      await expect(other.join(a.host)).rejects.toThrow();
      await expect(other.join(s.address.host)).rejects.toThrow();
    }
    const realPlain = started.add(await SerfAgent.start('real-plain'));
    await expect(realPlain.run('join', `${s.address.host}:${s.address.port}`)).rejects.toThrow();
    expect(s.statuses()).toEqual(alive('s'));
    expect(await a.statuses()).toEqual(alive('r1'));
  });

  test('rows 41 and 42: keys change from either side, files follow, the primary key stays', async () => {
    const { writeFileSync } = await import('node:fs');
    const file = join(folder, 'keyring.json');
    writeFileSync(file, JSON.stringify([key(1)]));
    const { a, s, ring } = await encryptedPair(key(1), file);
    await s.join(a.host);
    await allSee([a, s], alive('r1', 's'));

    await a.run('keys', `-install=${key(2)}`);
    expect(ring.toBase64()).toEqual([key(1), key(2)]);
    expect((await s.serf.keyManager.use(new Secret(key(2)))).failure).toBeUndefined();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([key(2), key(1)]);
    await expect(a.run('keys', `-remove=${key(2)}`)).rejects.toThrow(/primary|fail/i);
    expect((await s.serf.keyManager.remove(new Secret(key(2)))).failure).toMatchObject({
      message: '2/2 nodes reported failure',
    });
    await a.run('keys', `-remove=${key(1)}`);
    expect(ring.toBase64()).toEqual([key(2)]);
    expect(await a.run('keys', '-list')).toMatch(/^AgIC\S+ +\[2\/2\]$/m);
    expect([...(await s.serf.keyManager.list()).keys]).toEqual([[key(2), 2]]);
  });

  test('a rotation of ours takes a mixed pool to the new key', async () => {
    const { a, s } = await encryptedPair(key(1));
    const b = started.add(await SerfAgent.start('r2', [`-encrypt=${key(1)}`]));
    await b.run('join', a.address);
    await s.join(a.host);
    await allSee([a, b, s], alive('r1', 'r2', 's'));
    await s.serf.keyManager.rotate(new Secret(key(3)));
    expect(await a.run('keys', '-list')).toMatch(/^AwMD\S+ +\[3\/3\]$/m);
    expect(await a.run('keys', '-list')).not.toContain(key(1));
    // Still one pool: an event goes around.
    await a.run('event', 'after', 'x');
    await eventually(SPREAD_MS, () => expect(s.userEvents()).toEqual(['after']));
  });
});

describe('encryption among ours', () => {
  test('row 43: labels keep pools apart', async () => {
    const labelled = { memberlist: { label: 'pool-a' } };
    const [a, b] = [await SteppeMember.start('a', labelled), await SteppeMember.start('b', labelled)];
    const [none, other] = [
      await SteppeMember.start('none'),
      await SteppeMember.start('other', { memberlist: { label: 'pool-b' } }),
    ];
    for (const member of [a, b, none, other]) started.add(member);
    await b.join(a.address.host);
    await allSee([a, b], alive('a', 'b'));
    for (const stranger of [none, other]) await expect(stranger.join(a.address.host)).rejects.toThrow();
    expect(a.statuses()).toEqual(alive('a', 'b'));
  });
});
