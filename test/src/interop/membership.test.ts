import { afterEach, expect, jest, test } from '@jest/globals';
import { eventually, ownLoopbackHost, SerfAgent } from '@steppe/testing';
import { allSee, allSeeOne, alive, SPREAD_MS, Started } from './pool.js';
import { describeWithSerf } from './describe-with-serf.js';
import { SteppeMember } from './steppe-member.js';

jest.setTimeout(180_000);
const started = new Started();
afterEach(() => started.endAll());

const serf = async (name: string, args?: readonly string[], host?: string) =>
  started.add(await SerfAgent.start(name, args, host));
const steppe = async (...args: Parameters<typeof SteppeMember.start>) => started.add(await SteppeMember.start(...args));

/** Real agents r1, r2, … that have joined each other. */
async function realPool(size: number, args: readonly string[] = []): Promise<readonly SerfAgent[]> {
  const agents = await Promise.all(Array.from({ length: size }, (_, i) => serf(`r${i + 1}`, args)));
  for (const agent of agents.slice(1)) await agent.run('join', agents[0]?.address ?? '');
  return agents;
}

describeWithSerf('membership with real serf agents', () => {
  test('rows 1 and 2: join in either direction, tags and all', async () => {
    const [a, b] = [await serf('r1', ['-tag', 'role=web']), await serf('r2')];
    const s = await steppe('s', { tags: { role: 'cache', zone: 'z1' } });
    await s.join(a.host);
    await allSee([a, s], alive('r1', 's'));
    await b.run('join', `${s.address.host}:${s.address.port}`);
    await allSee([a, b, s], alive('r1', 'r2', 's'));
    expect((await a.members()).find(({ name }) => name === 's')).toMatchObject({
      addr: `${s.address.host}:${s.address.port}`,
      tags: { role: 'cache', zone: 'z1' },
    });
    expect(s.serf.members().find(({ name }) => name === 'r1')).toMatchObject({
      tags: { role: 'web' },
      protocol: { min: 1, max: 5, current: 2 },
      delegate: { min: 2, max: 5, current: 5 },
    });
  });

  test('rows 3, 5, 19 and 20: a mixed pool stays quiet, and departures on either side are left, never failed', async () => {
    const real = await realPool(3);
    const [s1, s2] = [await steppe('s1'), await steppe('s2')];
    await s1.join(real[0]?.host ?? '');
    await s2.join(s1.address.host);
    await allSee([...real, s1, s2], alive('r1', 'r2', 'r3', 's1', 's2'));

    await s2.leave();
    await allSeeOne([...real, s1], 's2', 'left');
    await real[2]?.leave();
    await allSeeOne([...real.slice(0, 2), s1], 'r3', 'left');
    expect(s1.reported('s2')).toEqual(['member-join', 'member-leave']);
    expect(s1.reported('r3')).toEqual(['member-join', 'member-leave']);
    for (const agent of real.slice(0, 2)) expect(agent.program.output).not.toMatch(/EventMemberFailed|Suspect s\d/);
    expect(s1.serf.stats()['health_score']).toBe('0');
  });

  test('rows 10, 12, 23, 24 and 25: kills are found by both, forced out by either, and a restart is taken back', async () => {
    const real = await realPool(4);
    const [s1, s2] = [await steppe('s1'), await steppe('s2')];
    for (const s of [s1, s2]) await s.join(real[0]?.host ?? '');
    const everybody = [...real, s1, s2];
    await allSee(everybody, alive('r1', 'r2', 'r3', 'r4', 's1', 's2'));

    // One of each kind at once.
    await Promise.all([s2.kill(), real[3]?.kill()]);
    const left = [...real.slice(0, 3), s1];
    await Promise.all([allSeeOne(left, 's2', 'failed'), allSeeOne(left, 'r4', 'failed')]);

    // A pool as small as this sends news four times, also to the dead: it may miss somebody, and the operator asks again.
    await eventually(SPREAD_MS, async () => {
      await real[0]?.run('force-leave', 's2');
      await s1.serf.forceLeave('r4', { prune: false });
      await Promise.all([allSeeOne(left, 's2', 'left', 5_000), allSeeOne(left, 'r4', 'left', 5_000)]);
    });

    // Back under the same name at the same address, knowing nobody: the join alone must do.
    const again = await steppe('s2', { host: s2.address.host });
    await again.join(real[1]?.host ?? '');
    await allSeeOne([...left, again], 's2', 'alive');
  });

  test('row 26: a failed member is pruned from either side and does not come back', async () => {
    const real = await realPool(2);
    const [s1, s2, s3] = [await steppe('s1'), await steppe('s2'), await steppe('s3')];
    for (const s of [s1, s2, s3]) await s.join(real[0]?.host ?? '');
    await allSee([...real, s1, s2, s3], alive('r1', 'r2', 's1', 's2', 's3'));
    await Promise.all([s2.kill(), s3.kill()]);
    const left = [...real, s1];
    await Promise.all([allSeeOne(left, 's2', 'failed'), allSeeOne(left, 's3', 'failed')]);
    // As above.
    await eventually(SPREAD_MS, async () => {
      await s1.serf.forceLeave('s2', { prune: true });
      await real[0]?.run('force-leave', '-prune', 's3');
      await allSee(left, alive('r1', 'r2', 's1'), 5_000);
    });
    // An exchange of full state with each other must not bring them back.
    await real[0]?.run('join', real[1]?.address ?? '');
    await s1.join(real[1]?.host ?? '');
    await allSee(left, alive('r1', 'r2', 's1'));
  });

  test('row 28: tags change on either side without a join or leave', async () => {
    const [a] = await realPool(1);
    const s = await steppe('s', { tags: { v: '1' } });
    await s.join(a?.host ?? '');
    await allSee([s], alive('r1', 's'));
    await s.serf.setTags({ v: '2' });
    await eventually(SPREAD_MS, async () =>
      expect((await a?.members())?.find(({ name }) => name === 's')?.tags).toEqual({ v: '2' }),
    );
    await a?.run('tags', '-set', 'v=9');
    await eventually(SPREAD_MS, () =>
      expect(s.serf.members().find(({ name }) => name === 'r1')?.tags).toEqual({ v: '9' }),
    );
    expect(s.reported('r1')).toEqual(['member-join', 'member-update']);
    expect(s.reported('s')).toEqual(['member-join', 'member-update']);
  });

  test('rows 9 and 13: paused members of either kind are suspected, refute, and never fail', async () => {
    const real = await realPool(4);
    const s = await steppe('s');
    await s.join(real[0]?.host ?? '');
    await allSee([...real, s], alive('r1', 'r2', 'r3', 'r4', 's'));
    real[3]?.program.kill('SIGSTOP');
    await eventually(SPREAD_MS, () => expect(s.serf.suspicions('r4').at(-1)).toMatchObject({ outcome: 'pending' }));
    real[3]?.program.kill('SIGCONT');
    await eventually(SPREAD_MS, () => expect(s.serf.suspicions('r4').at(-1)).toMatchObject({ outcome: 'refuted' }));
    await allSee([...real, s], alive('r1', 'r2', 'r3', 'r4', 's'));
    expect(s.reported('r4')).toEqual(['member-join']);
  });

  test('rows 21 and 22: a new address under an old name is taken after a departure, and refused after a crash', async () => {
    const real = await realPool(2);
    const s = await steppe('s');
    await s.join(real[0]?.host ?? '');
    await allSee([...real, s], alive('r1', 'r2', 's'));
    await s.leave();
    await allSeeOne(real, 's', 'left');
    const moved = await steppe('s', { host: ownLoopbackHost() });
    await moved.join(real[0]?.host ?? '');
    await allSee([...real, moved], alive('r1', 'r2', 's'));
    const addressIn = async (agent: SerfAgent | undefined) =>
      (await agent?.members())?.find(({ name }) => name === 's')?.addr;
    for (const agent of real) expect(await addressIn(agent)).toBe(`${moved.address.host}:${moved.address.port}`);

    await moved.kill();
    const late = await steppe('s', { host: ownLoopbackHost() });
    await late.join(real[0]?.host ?? '');
    await eventually(SPREAD_MS, () => expect(real[0]?.program.output).toMatch(/[Cc]onflict(ing)? address/));
    expect(await addressIn(real[0])).toBe(`${moved.address.host}:${moved.address.port}`);
  });

  test('row 36: of two members with one name the pool drops the late one where it votes; ours only logs', async () => {
    const real = await realPool(3);
    const [s, twin] = [await steppe('s'), await serf('s')];
    await s.join(real[0]?.host ?? '');
    await allSee([...real, s], alive('r1', 'r2', 'r3', 's'));
    await twin.run('join', real[0]?.address ?? '');
    // The real one asks the pool, loses, and ends.
    await twin.program.exit;
    await allSee([...real, s], alive('r1', 'r2', 'r3', 's'));
  });

  test('row 48: IPv6', async () => {
    const a = await serf('r1', ['-bind=[::1]:7950', '-rpc-addr=127.0.0.1:7371'], '::1');
    const s = await steppe('s', { host: '::1', port: 7951 });
    await s.serf.join([{ host: '::1', port: 7950 }]);
    await eventually(SPREAD_MS, () => expect(s.statuses()).toEqual(alive('r1', 's')));
    await eventually(SPREAD_MS, () => expect(a.program.output).toContain('EventMemberJoin: s ::1'));
  });
});
