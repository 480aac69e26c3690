import { expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { KeyRing } from '../keyring/key-ring.js';
import { LAN_TIMING } from '../memberlist/options.js';
import { SIM_PORT } from '../simulation/sim-cluster.js';
import { SimNetwork } from '../simulation/sim-network.js';
import { encodeKeyRequest, encodeSerfMessage } from '../wire/serf-codec.js';
import type { SerfMessage } from '../wire/serf-message.js';
import { INTERNAL_QUERY } from './internal-queries.js';
import { Serf } from './serf.js';

const HOST = '10.0.0.1';
const PEER = { host: '10.0.0.9', port: 1 };

const name = fc.constantFrom('self', 'm', '', 'ü', '__proto__');
const lTime = fc.oneof(fc.nat(40), fc.constantFrom(2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER));
const payload = fc.uint8Array({ maxLength: 40 });
const address = fc.constantFrom(Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 9), new Uint8Array(16));
const port = fc.constantFrom(SIM_PORT, 1, 0);

const query = fc
  .record({
    lTime,
    id: fc.nat(3),
    address,
    port,
    sourceNode: name,
    ackRequested: fc.boolean(),
    noBroadcast: fc.boolean(),
    relayFactor: fc.nat(255),
    timeoutMs: fc.constantFrom(0, 1, 1e9),
    name: fc.constantFrom('load', ...Object.values(INTERNAL_QUERY)),
    filters: fc.constantFrom([], [{ type: 'tag' as const, tag: 'role', expression: '(a+)+$' }]),
  })
  .map((fields) => ({ ...fields, type: 'query' as const, payload: encodeKeyRequest(new Uint8Array(32)) }));

const message: fc.Arbitrary<SerfMessage> = fc.oneof(
  fc.record({ type: fc.constant('leave' as const), lTime, node: name, prune: fc.boolean() }),
  fc.record({ type: fc.constant('join' as const), lTime, node: name }),
  fc.record({ type: fc.constant('user-event' as const), lTime, name, payload, coalesce: fc.boolean() }),
  query,
  fc.record({
    type: fc.constant('query-response' as const),
    lTime,
    id: fc.nat(3),
    from: name,
    ack: fc.boolean(),
    payload,
  }),
  fc.record({ type: fc.constant('relay' as const), address, port, nodeName: name, message: payload }),
);

const bytes = fc.oneof(
  { weight: 4, arbitrary: message.map((value) => encodeSerfMessage(value)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(message, fc.nat(), fc.nat(255))
      .map(([value, at, byte]) => encodeSerfMessage(value).map((old, i, all) => (i === at % all.length ? byte : old))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
);

test('whatever messages strangers send, we stay a member, refute what they say, and throw nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 20 }), fc.boolean(), async (messages, isEncrypted) => {
      const clock = new SimClock();
      const random = new SeededRandom(1);
      const network = new SimNetwork({}, { clock, random });
      const logger = new RecordingLogger();
      const serf = new Serf(
        // With a keyring, but without insisting on it: or nothing would come through.
        { memberlist: { ...LAN_TIMING, name: 'self', verifyIncoming: false }, tags: {} },
        {
          transport: network.transport({ host: HOST, port: SIM_PORT }),
          clock,
          random,
          logger,
          metrics: noMetrics,
          ...(isEncrypted && { keyring: new KeyRing([Buffer.alloc(32, 1)]) }),
        },
      );
      serf.onEvent((event) => {
        if (event.type === 'query') event.respond(new Uint8Array());
      });
      await serf.start();
      for (const body of messages) {
        network.sendPacket(Buffer.concat([Uint8Array.of(8), body]), PEER, { host: HOST, port: SIM_PORT });
        await clock.advance(2);
      }
      await clock.advance(10_000);
      expect(serf.local()).toMatchObject({ name: 'self', status: 'alive' });
      expect(serf.members()).toHaveLength(1);
      expect(Number(serf.stats()['member_time'])).toBeLessThan(2 ** 34);
      const failures = logger.lines.filter(
        ({ level, message: text }) => level === 'error' && !/key operation|event listener/.test(text),
      );
      expect(failures).toEqual([]);
      await serf.stop();
    }),
    { numRuns: 150 },
  );
});
