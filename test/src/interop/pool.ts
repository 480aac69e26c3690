import { expect } from '@jest/globals';
import type { SerfAgent } from '@steppe/testing';
import { eventually } from '@steppe/testing';
import type { SteppeMember } from './steppe-member.js';

/**
 * How long news may take to reach everybody. It mostly takes less than a second; but gossip goes to random peers a limited
 * number of times, and can miss one, who then hears of it by the next exchange of full state, 30 s later.
 */
export const SPREAD_MS = 40_000;

/** One of either kind. */
export type AnyMember = SerfAgent | SteppeMember;

const statusesOf = async (member: AnyMember) => member.statuses();

/** Every given member sees exactly these statuses. */
export async function allSee(
  members: readonly AnyMember[],
  statuses: Readonly<Record<string, string>>,
  withinMs = SPREAD_MS,
): Promise<void> {
  await Promise.all(
    members.map((member) => eventually(withinMs, async () => expect(await statusesOf(member)).toEqual(statuses))),
  );
}

/** Every given member sees this of one other. */
export async function allSeeOne(
  members: readonly AnyMember[],
  name: string,
  status: string | undefined,
  withinMs = SPREAD_MS,
): Promise<void> {
  await Promise.all(
    members.map((member) =>
      eventually(withinMs, async () =>
        expect([member.name, (await statusesOf(member))[name]]).toEqual([member.name, status]),
      ),
    ),
  );
}

/** All of these names, alive. */
export const alive = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, 'alive']));

/** Members a test started, to be ended whatever became of it. */
export class Started {
  readonly #members: AnyMember[] = [];

  add<M extends AnyMember>(member: M): M {
    this.#members.push(member);
    return member;
  }

  async endAll(): Promise<void> {
    await Promise.all(this.#members.splice(0).map((member) => member.kill()));
  }
}
