import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Transport } from '@steppe/gossip';
import { FileSnapshotStore, NetTransport } from '@steppe/gossip';
import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, GOSSIP_PORT, ownLoopbackHost, SerfAgent } from '@steppe/testing';
import { allSee, allSeeOne, alive, SPREAD_MS, Started } from './pool.js';
import { describeWithSerf } from './describe-with-serf.js';
import { SteppeMember } from './steppe-member.js';

jest.setTimeout(240_000);
const started = new Started();
const folder = mkdtempSync(join(tmpdir(), 'steppe-pools-'));
afterEach(() => started.endAll());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const serf = async (name: string, args: readonly string[] = [], host?: string) =>
  started.add(await SerfAgent.start(name, args, host));
const steppe = async (...args: Parameters<typeof SteppeMember.start>) => started.add(await SteppeMember.start(...args));

describeWithSerf('mixed pools', () => {
  test.each([
    [1, 16],
    [16, 1],
    [16, 16],
  ])('rows 4 and 11: %i real agents and %i of ours see each other come, and fail', async (realCount, ourCount) => {
    const real = await Promise.all(Array.from({ length: realCount }, (_, i) => serf(`r${i}`)));
    const ours = await Promise.all(Array.from({ length: ourCount }, (_, i) => steppe(`s${i}`)));
    const [seed] = real;
    await Promise.all(real.slice(1).map((agent) => agent.run('join', seed?.address ?? '')));
    await Promise.all(ours.map((member) => member.join(seed?.host ?? '')));
    const everybody = [...real, ...ours];
    const names = everybody.map(({ name }) => name);
    await allSee(everybody, alive(...names));

    const victims = [realCount > 1 ? real.at(-1) : undefined, ourCount > 1 ? ours.at(-1) : undefined];
    const killed = victims.filter((victim) => victim !== undefined);
    await Promise.all(killed.map((victim) => victim.kill()));
    const left = everybody.filter((member) => !killed.includes(member));
    for (const victim of killed) await allSeeOne(left, victim.name, 'failed');
    // Nobody else was ever held for dead.
    for (const member of ours.filter((each) => left.includes(each))) {
      const wronged = names.filter((name) => !killed.some((victim) => victim.name === name));
      expect(wronged.filter((name) => member.reported(name).includes('member-failed'))).toEqual([]);
    }
  });

  test.each([
    [[], false],
    [['-disable-compression'], true],
    [['-disable-compression'], false],
  ])('row 47: real agents with %p, ours with compression %p', async (args, compression) => {
    const a = await serf('r1', args);
    const s = await steppe('s', { memberlist: { compression } });
    await s.join(a.host);
    const late = await serf('r2', args);
    await late.run('join', `${s.address.host}:${GOSSIP_PORT}`);
    await allSee([a, late, s], alive('r1', 'r2', 's'));
  });

  test('a restart finds the pool by its snapshot, on either side, without being told', async () => {
    const file = join(folder, 'real.snapshot');
    const a = await serf('r1');
    const b = await serf('r2', [`-snapshot=${file}`]);
    const store = join(folder, 'ours.snapshot');
    const s = await steppe('s', { deps: { snapshotStore: new FileSnapshotStore(store) } });
    await b.run('join', a.address);
    await s.join(a.host);
    await allSee([a, b, s], alive('r1', 'r2', 's'));
    // Ours writes within half a second; the real one only when there is more to write.
    await eventually(SPREAD_MS, async () => {
      await a.run('event', 'tick');
      for (const path of [store, file]) expect(readFileSync(path, 'utf8')).toContain('alive: r1 ');
    });
    await Promise.all([b.kill(), s.kill()]);
    const again = await steppe('s', {
      host: s.address.host,
      deps: { snapshotStore: new FileSnapshotStore(store) },
    });
    const realAgain = await serf('r2', [`-snapshot=${file}`], b.host);
    await allSee([a, again, realAgain], alive('r1', 'r2', 's'));
  });

  test('row 15: with datagrams to us blocked, probes over streams keep us in the pool', async () => {
    const real = [await serf('r1'), await serf('r2')];
    await real[1]?.run('join', real[0]?.address ?? '');
    const address = { host: ownLoopbackHost(), port: GOSSIP_PORT };
    const base = { clock: new SystemClock(), logger: silentLogger, metrics: noMetrics };
    const deaf = new NetTransport(address, base);
    const transport: Transport = {
      get bound() {
        return deaf.bound;
      },
      start: (handlers) => deaf.start({ ...handlers, onPacket: () => undefined }),
      stop: () => deaf.stop(),
      send: (...args) => deaf.send(...args),
      dial: (...args) => deaf.dial(...args),
    };
    const s = await steppe('s', { host: address.host, deps: { transport } });
    await s.join(real[0]?.host ?? '');
    await allSeeOne(real, 's', 'alive');
    await eventually(SPREAD_MS, () =>
      expect(real.map(({ program }) => program.output).join('')).toMatch(/Was able to (connect|reach).* s /),
    );
    await allSeeOne(real, 's', 'alive');
    expect(real.map(({ program }) => program.output).join('')).not.toContain('EventMemberFailed: s ');
  });

  test('row 27: a real agent that prunes us although we live costs us nothing', async () => {
    const [a, b] = [await serf('r1'), await serf('r2')];
    const s = await steppe('s');
    await b.run('join', a.address);
    await s.join(a.host);
    await allSee([a, b, s], alive('r1', 'r2', 's'));
    const pruned = a.run('force-leave', '-prune', 's');
    await eventually(SPREAD_MS, () => expect(a.program.output).toMatch(/EventMemberReap \(forced\): s /));
    // We answer and list everybody all the while.
    const { acks } = await s.serf.query('anyone', Buffer.from(''), { ack: true, timeoutMs: 1_000 }).done;
    expect([...acks]).toContain('s');
    expect(s.statuses()).toEqual(alive('r1', 'r2', 's'));
    await pruned;
    expect(s.statuses()).toEqual(alive('r1', 'r2', 's'));
    expect(s.reported('s')).toEqual(['member-join']);
  });
});

describe('pools of ours', () => {
  test('row 29: tags of 512 bytes are taken, of 513 refused here', async () => {
    const s = await steppe('s');
    // ff, a map of one, the key `k` in two bytes, a text of 506 in three and its bytes: 513.
    const fits = 'x'.repeat(512 - 1 - 1 - 2 - 3);
    await s.serf.setTags({ k: fits });
    expect(s.serf.local().tags).toEqual({ k: fits });
    await expect(s.serf.setTags({ k: `${fits}x` })).rejects.toMatchObject({ code: 'GOSSIP_TAGS_TOO_LARGE' });
    expect(s.serf.local().tags).toEqual({ k: fits });
  });
});
