import { describe, expect, test } from '@jest/globals';
import { RecordingLogger } from '@steppe/testing';
import { encodeConflictResponse } from '../wire/serf-codec.js';
import { decodeText } from '../wire/text.js';
import { NameConflict } from './name-conflict.js';
import { QueryCollector } from './query-collector.js';
import { nodeOf } from './testing/node-of.js';

const SELF = nodeOf('self', '10.0.0.1');
const OTHER = nodeOf('self', '10.0.0.9');
const vote = ({ address, port }: { address: Uint8Array; port: number }): Uint8Array =>
  encodeConflictResponse({
    name: 'self',
    address,
    port,
    tags: {},
    status: 1,
    protocolMin: 1,
    protocolMax: 5,
    protocolCurrent: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCurrent: 4,
  });
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1);
const FOR_US = vote(SELF);
const AGAINST_US = vote(OTHER);
const UNKNOWN = encodeConflictResponse(undefined);

function newConflict(enabled: boolean) {
  const queries: QueryCollector[] = [];
  const lost: string[] = [];
  const logger = new RecordingLogger();
  const conflict = new NameConflict(
    { name: 'self', vote: enabled },
    {
      ask: (name, payload) => {
        expect([name, decodeText(payload)]).toEqual(['_serf_conflict', 'self']);
        const query = new QueryCollector({
          lTime: 1,
          id: 1,
          numNodes: 9,
          ackRequested: false,
          onClose: () => undefined,
        });
        queries.push(query);
        return query;
      },
      local: () => SELF,
      onLost: () => void lost.push('lost'),
      logger,
    },
  );
  return { conflict, queries, lost, logger };
}

describe('NameConflict', () => {
  test.each([
    ['two of three for us', [FOR_US, FOR_US, AGAINST_US], false],
    ['the long form of our address', [vote({ address: MAPPED, port: 7946 })], false],
    ['half of them', [FOR_US, AGAINST_US], true],
    ['our address with another port', [vote({ address: SELF.address, port: 1 })], true],
    ['those who do not know count against us', [FOR_US, UNKNOWN], true],
    ['what makes no sense does not count', [FOR_US, Uint8Array.of(9)], false],
    ['no answer at all', [], true],
  ])('%s: we yield: %s', async (_what, payloads, yields) => {
    const { conflict, queries, lost } = newConflict(true);
    conflict.detected(SELF, OTHER);
    payloads.forEach((payload, i) => queries[0]?.accept({ type: 'response', from: `m${i}`, payload }));
    queries[0]?.close();
    await queries[0]?.done;
    await Promise.resolve();
    expect(lost).toHaveLength(yields ? 1 : 0);
  });

  test('one vote at a time, however often the other is seen', async () => {
    const { conflict, queries } = newConflict(true);
    conflict.detected(SELF, OTHER);
    conflict.detected(SELF, OTHER);
    expect(queries).toHaveLength(1);
    queries[0]?.close();
    await queries[0]?.done;
    await Promise.resolve();
    conflict.detected(SELF, OTHER);
    expect(queries).toHaveLength(2);
  });

  test('switched off, or about others, it is only reported', () => {
    const off = newConflict(false);
    off.conflict.detected(SELF, OTHER);
    expect([off.queries.length, off.logger.lines[0]?.level]).toEqual([0, 'error']);
    const on = newConflict(true);
    on.conflict.detected(nodeOf('m', '10.0.0.2'), nodeOf('m', '10.0.0.3'));
    expect([on.queries.length, on.logger.lines[0]?.level]).toEqual([0, 'warn']);
  });
});
