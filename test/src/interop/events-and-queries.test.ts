import { afterEach, expect, jest, test } from '@jest/globals';
import { eventually, SerfAgent } from '@steppe/testing';
import { allSee, alive, SPREAD_MS, Started } from './pool.js';
import { describeWithSerf } from './describe-with-serf.js';
import { SteppeMember } from './steppe-member.js';

jest.setTimeout(180_000);
const started = new Started();
afterEach(() => started.endAll());

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** Two real agents and one of ours, in one pool; ours answers the query `load` with its name. */
async function pool(tags: Readonly<Record<string, string>> = {}) {
  const [a, b] = await Promise.all([
    SerfAgent.start('r1', ['-tag', 'zone=east', '-event-handler=query:load=echo r1']),
    SerfAgent.start('r2', ['-tag', 'zone=west', '-event-handler=query:load=echo r2']),
  ]);
  const s = await SteppeMember.start('s', { tags });
  for (const member of [a, b, s]) started.add(member);
  s.serf.onEvent((event) => {
    if (event.type === 'query' && event.name === 'load') event.respond(bytes('from s'));
  });
  await b.run('join', a.address);
  await s.join(a.host);
  await allSee([a, b, s], alive('r1', 'r2', 's'));
  return { a, b, s };
}

/** The agent's loggers write side by side: a line may end without its line break. */
const receivedBy = (agent: SerfAgent, event: string): number =>
  agent.program.output.match(new RegExp(`agent: Received event: user-event: ${event}(?![\\w-])`, 'g'))?.length ?? 0;

describeWithSerf('events and queries with real serf agents', () => {
  test('row 30: events of either side reach everybody once', async () => {
    const { a, b, s } = await pool();
    const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
    for (const name of names) {
      await a.run('event', '-coalesce=false', `real-${name}`, name);
      s.serf.userEvent(`ours-${name}`, bytes(name));
    }
    const all = names.flatMap((name) => [`real-${name}`, `ours-${name}`]).toSorted();
    await eventually(SPREAD_MS, () => expect(s.userEvents().toSorted()).toEqual(all));
    for (const agent of [a, b]) {
      await eventually(SPREAD_MS, () => expect(all.filter((name) => receivedBy(agent, name) !== 1)).toEqual([]));
    }
  });

  test('row 31: an event from before the join is replayed, or suppressed where old ones are not wanted', async () => {
    const { a, s } = await pool();
    await a.run('event', '-coalesce=false', 'deploy', 'v1');
    await eventually(SPREAD_MS, () => expect(s.userEvents()).toEqual(['deploy']));
    const [eager, late] = [await SteppeMember.start('eager'), await SteppeMember.start('late')];
    for (const member of [eager, late]) started.add(member);
    await eager.join(a.host);
    await late.serf.join([{ host: a.host, port: s.address.port }], { ignoreOldEvents: true });
    await eventually(SPREAD_MS, () => expect(eager.userEvents()).toEqual(['deploy']));
    s.serf.userEvent('marker', bytes(''));
    await eventually(SPREAD_MS, () => expect(late.userEvents()).toContain('marker'));
    expect(late.userEvents()).not.toContain('deploy');
  });

  test('rows 33 and 34: queries are acked and answered in both directions', async () => {
    const { a, s } = await pool({ zone: 'east' });
    const asked = JSON.parse(await a.run('query', '-format=json', '-timeout=3s', 'load', 'now')) as {
      readonly Acks: readonly string[];
      readonly Responses: Readonly<Record<string, string>>;
    };
    expect(asked.Acks.toSorted()).toEqual(['r1', 'r2', 's']);
    expect(asked.Responses).toMatchObject({ s: 'from s' });

    const { acks, responses } = await s.serf.query('load', bytes('now'), { ack: true, timeoutMs: 3_000 }).done;
    expect([...acks].toSorted()).toEqual(['r1', 'r2', 's']);
    expect(
      Object.fromEntries([...responses].map(([name, payload]) => [name, Buffer.from(payload).toString()])),
    ).toEqual({ r1: 'r1\n', r2: 'r2\n', s: 'from s' });
  });

  test('row 33: node filters, tag filters and relays', async () => {
    const { a, b, s } = await pool({ zone: 'east' });
    const asJson = async (...args: readonly string[]) =>
      JSON.parse(await a.run('query', '-format=json', '-timeout=2s', ...args, 'load', 'x')) as {
        readonly Acks: readonly string[];
        readonly Responses: Readonly<Record<string, string>>;
      };
    expect((await asJson('-node=s')).Acks).toEqual(['s']);
    expect((await asJson('-tag', 'zone=^ea')).Acks.toSorted()).toEqual(['r1', 's']);
    expect((await asJson('-relay-factor=2', '-node=s')).Responses).toEqual({ s: 'from s' });

    const ask = async (options: Parameters<SteppeMember['serf']['query']>[2]) =>
      [...(await s.serf.query('load', bytes('x'), { timeoutMs: 2_000, ...options }).done).responses.keys()].toSorted();
    expect(await ask({ filters: [{ type: 'node', names: ['r2'] }] })).toEqual(['r2']);
    expect(await ask({ filters: [{ type: 'tag', tag: 'zone', expression: '^west$' }] })).toEqual(['r2']);
    expect(await ask({ relayFactor: 2 })).toEqual(['r1', 'r2', 's']);
    expect(b.program.output).not.toMatch(/panic|Failed to decode/);
  });

  test('row 35: a reachability test finds us', async () => {
    const { a } = await pool();
    expect(await a.run('reachability')).toContain('Successfully contacted all live nodes');
  });

  test('row 37: both sides estimate the round trip between them', async () => {
    const { a, s } = await pool();
    await eventually(SPREAD_MS, async () => {
      expect(s.serf.rttMs('s', 'r1')).toBeGreaterThan(0);
      expect(await a.run('rtt', 's', 'r1')).toMatch(/rtt: [\d.]+ ms/);
    });
  });
});
