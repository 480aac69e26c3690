import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import type { CoalesceStrategy } from './coalescer.js';
import { Coalescer } from './coalescer.js';
import { MemberCoalescing } from './member-coalescing.js';
import type { MemberEvent, MemberEventType, UserEvent } from './serf-event.js';
import { UserCoalescing } from './user-coalescing.js';
import { memberOf } from './testing/member-of.js';

const memberEvent = (type: MemberEventType, name: string): MemberEvent => ({ type, members: [memberOf(name)] });
const userEvent = (name: string, lTime: number, text: string, coalesce = true): UserEvent => ({
  type: 'user',
  lTime,
  name,
  payload: Buffer.from(text),
  coalesce,
});

function coalescing<E>(strategy: CoalesceStrategy<E>, quantumMs = 3000) {
  const clock = new SimClock();
  const out: E[] = [];
  const coalescer = new Coalescer<E>(
    { quantumMs, quietMs: 1000 },
    { strategy, clock, emit: (event) => void out.push(event) },
  );
  return { clock, out, coalescer };
}

const named = (events: readonly MemberEvent[]): string[] =>
  events.map(({ type, members }) => `${type} ${members.map(({ name }) => name).join(' ')}`);

describe('Coalescer', () => {
  test('a burst goes out once it has been quiet for a while', async () => {
    const { clock, out, coalescer } = coalescing(new MemberCoalescing());
    coalescer.add(memberEvent('member-join', 'a'));
    await clock.advance(900);
    coalescer.add(memberEvent('member-join', 'b'));
    await clock.advance(999);
    expect(out).toEqual([]);
    await clock.advance(1);
    expect(named(out)).toEqual(['member-join a b']);
    expect(clock.pending).toBe(0);
  });

  test('a burst without end goes out after the quantum', async () => {
    const { clock, out, coalescer } = coalescing(new MemberCoalescing());
    for (let i = 0; i < 10; i += 1) {
      coalescer.add(memberEvent('member-join', `m${i}`));
      await clock.advance(500);
    }
    expect(named(out)).toEqual(['member-join m0 m1 m2 m3 m4 m5']);
  });

  test('without a quantum everything passes at once', () => {
    const { out, coalescer } = coalescing(new MemberCoalescing(), 0);
    coalescer.add(memberEvent('member-join', 'a'));
    expect(named(out)).toEqual(['member-join a']);
  });
});

describe('MemberCoalescing', () => {
  test('the last event of a member counts, and what was told last is not told again', () => {
    const { out, coalescer } = coalescing(new MemberCoalescing());
    coalescer.add(memberEvent('member-join', 'a'));
    coalescer.add(memberEvent('member-join', 'b'));
    coalescer.add(memberEvent('member-failed', 'b'));
    coalescer.flush();
    expect(named(out.splice(0))).toEqual(['member-join a', 'member-failed b']);
    coalescer.add(memberEvent('member-failed', 'a'));
    coalescer.add(memberEvent('member-join', 'a'));
    coalescer.flush();
    expect(out).toEqual([]);
  });

  test('updates are always told, and a reaped member starts anew', () => {
    const { out, coalescer } = coalescing(new MemberCoalescing());
    for (const type of ['member-update', 'member-update', 'member-reap', 'member-reap'] as const) {
      coalescer.add(memberEvent(type, 'a'));
      coalescer.flush();
    }
    expect(named(out)).toEqual(['member-update a', 'member-update a', 'member-reap a', 'member-reap a']);
  });
});

describe('UserCoalescing', () => {
  test('per name the events of the highest time remain, and those that may not wait pass', () => {
    const { out, coalescer } = coalescing(new UserCoalescing());
    coalescer.add(userEvent('deploy', 5, 'older'));
    coalescer.add(userEvent('deploy', 7, 'one'));
    coalescer.add(userEvent('deploy', 7, 'two'));
    coalescer.add(userEvent('deploy', 6, 'late'));
    coalescer.add(userEvent('other', 1, 'x'));
    coalescer.add(userEvent('deploy', 1, 'urgent', false));
    expect(out.splice(0).map(({ payload }) => Buffer.from(payload).toString())).toEqual(['urgent']);
    coalescer.flush();
    expect(out.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['one', 'two', 'x']);
  });
});
