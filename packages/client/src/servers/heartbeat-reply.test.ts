import { describe, expect, test } from '@jest/globals';
import { checkHeartbeatReply } from './heartbeat-reply.js';
import type { HeartbeatReply } from './server-link.js';

const reply = { heartbeatTtlMs: 14_700, index: 3, servers: ['10.0.0.1:4647'], nodeCount: 2 };
const check = (change: object): HeartbeatReply => checkHeartbeatReply('s:1', { ...reply, ...change });

describe('a reply to a heartbeat', () => {
  test('is taken as it is when it makes sense', () => expect(check({})).toEqual(reply));

  test.each([
    ['heartbeatTtlMs', 0, '0'],
    ['heartbeatTtlMs', -1, '-1'],
    ['heartbeatTtlMs', Number.NaN, 'null'],
    ['heartbeatTtlMs', 2 ** 31, '2147483648'],
    ['heartbeatTtlMs', '5s', '"5s"'],
    ['nodeCount', -1, '-1'],
    ['nodeCount', 1.5, '1.5'],
    ['servers', null, 'null'],
    ['servers', 'a:1', '"a:1"'],
  ])('%s %j is refused', (field, value, shown) =>
    expect(() => check({ [field]: value })).toThrow(
      expect.objectContaining({
        code: 'CLIENT_REPLY_INVALID',
        detail: { code: 'CLIENT_REPLY_INVALID', server: 's:1', field },
        message: `reply of server s:1 has an invalid ${field}: ${shown}`,
      }),
    ),
  );

  test('servers without a usable address are left out', () =>
    expect(check({ servers: ['10.0.0.1:4647', '10.0.0.2:0', '', 7, null] }).servers).toEqual(['10.0.0.1:4647']));
});
