import { describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { SeededRandom } from '@steppe/testing';
import type { Reply } from '../http/reply/reply.js';
import { chunks } from '../http/reply/reply.js';
import { RegionReads } from './region-reads.js';

const SECRET = 'c0ffee00-0000-4000-8000-000000000000';
const signal = new AbortController().signal;

/** Reads of a region whose servers answer this, and what they were asked. */
function readsOf(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
  const asked: { url: string; token: string | undefined; region: string }[] = [];
  const reads = new RegionReads(
    { region: 'north', token: () => new Secret(SECRET) },
    {
      targets: { resolve: ({ region }) => ({ kind: 'server', address: '10.0.0.1:4647', region }) },
      relay: {
        pass: async ({ url, token }, to): Promise<Reply> => {
          asked.push({ url, token: token?.reveal(), region: to.kind === 'server' ? to.region : '' });
          return chunks(
            (async function* body() {
              yield Buffer.from(text);
            })(),
            headers,
            status,
          );
        },
      },
      random: new SeededRandom(1),
    },
  );
  return { reads, asked };
}

describe('reads of another region', () => {
  test('present the token there, and tell value and index', async () => {
    const { reads, asked } = readsOf(200, '[{"Name":"a"}]', { 'X-Nomad-Index': '12' });
    expect(await reads.get('/v1/namespaces?index=3', signal)).toEqual({ value: [{ Name: 'a' }], index: 12 });
    expect(asked).toEqual([{ url: '/v1/namespaces?index=3&region=north', token: SECRET, region: 'north' }]);
  });

  test('fail with the text of the other side', async () => {
    const { reads } = readsOf(403, 'Permission denied');
    await expect(reads.get('/v1/acl/tokens', signal)).rejects.toThrow('/v1/acl/tokens: 403 Permission denied');
  });

  test('fail for what is no JSON, and quote nothing of it', async () => {
    const { reads } = readsOf(200, `[{"SecretID":"${SECRET}"`);
    await expect(reads.get('/v1/acl/tokens', signal)).rejects.toThrow(
      new Error('/v1/acl/tokens: the reply is not JSON'),
    );
  });

  test.each([
    [200, JSON.stringify({ AccessorID: SECRET, SecretID: SECRET, Type: 'management' }), undefined],
    [400, 'ACL support disabled', undefined],
    [
      200,
      JSON.stringify({ AccessorID: SECRET, SecretID: SECRET, Type: 'client' }),
      'acl.replication_token: no management token of region "north"',
    ],
    [403, 'Permission denied', '/v1/acl/token/self: 403 Permission denied'],
    [200, `{"SecretID":"${SECRET}`, '/v1/acl/token/self: the reply is not JSON'],
    [200, 'null', 'acl.replication_token: no management token of region "north"'],
  ])('demand that everything is shown: %i %s', async (status, text, problem) => {
    const demand = readsOf(status, text).reads.demandManagement(signal);
    if (problem === undefined) expect(await demand).toBeUndefined();
    else await expect(demand).rejects.toThrow(new Error(problem));
  });
});
