import type { Member } from '@steppe/domain';

/** A member for tests; what does not matter has a harmless value. */
export function memberOf(name: string, fields: Partial<Member> = {}): Member {
  return {
    name,
    address: '10.0.0.1',
    port: 7946,
    status: 'alive',
    tags: {},
    protocol: { min: 1, max: 5, current: 2 },
    delegate: { min: 2, max: 5, current: 5 },
    ...fields,
  };
}
