import type { Member } from '@steppe/domain';
import type { CoalesceStrategy } from './coalescer.js';
import type { MemberEvent, MemberEventType } from './serf-event.js';

/**
 * Keeps the last event of each member, and drops it when it tells what was told last; updates always count.
 * One event per type comes out, in order of the first member that has it.
 */
export class MemberCoalescing implements CoalesceStrategy<MemberEvent> {
  readonly #told = new Map<string, MemberEventType>();
  readonly #latest = new Map<string, { readonly type: MemberEventType; readonly member: Member }>();

  accepts(): boolean {
    return true;
  }

  collect({ type, members }: MemberEvent): void {
    for (const member of members) this.#latest.set(member.name, { type, member });
  }

  take(): readonly MemberEvent[] {
    const byType = new Map<MemberEventType, Member[]>();
    for (const [name, { type, member }] of this.#latest) {
      if (type !== 'member-update' && this.#told.get(name) === type) continue;
      // A reaped member is a stranger again; remembering it would keep every name that ever was.
      if (type === 'member-reap') this.#told.delete(name);
      else this.#told.set(name, type);
      const members = byType.get(type);
      if (members === undefined) byType.set(type, [member]);
      else members.push(member);
    }
    this.#latest.clear();
    return Array.from(byType, ([type, members]) => ({ type, members }));
  }
}
