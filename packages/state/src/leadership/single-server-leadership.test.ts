import { describe, expect, test } from '@jest/globals';
import { RecordingLogger } from '@steppe/testing';
import { SingleServerLeadership } from './single-server-leadership.js';

const create = (bootstrapExpect: number) => {
  const logger = new RecordingLogger();
  const options = { serverId: 'id-1', rpcAddress: () => '127.0.0.1:4647', bootstrapExpect };
  return { logger, leadership: new SingleServerLeadership(options, { logger }) };
};

describe('leadership of a region whose state lives in one server', () => {
  test('that server leads from start to stop, and says so to its listeners', async () => {
    const { leadership } = create(1);
    const changes: boolean[] = [];
    const unlisten = leadership.onDidChange((leads) => changes.push(leads));
    expect(leadership.leader()).toBeUndefined();
    await leadership.start();
    expect(leadership).toMatchObject({ isLeader: true, term: 1 });
    expect(leadership.leader()).toEqual({ id: 'id-1', rpcAddress: '127.0.0.1:4647' });
    await leadership.stop();
    expect(leadership.leader()).toBeUndefined();
    unlisten();
    await leadership.start();
    expect(changes).toEqual([true, false]);
  });

  test('a region that expects more servers has no leader, and the log says what to do', async () => {
    const { leadership, logger } = create(3);
    await leadership.start();
    expect(leadership.isLeader).toBe(false);
    expect(logger.lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({ fix: 'set server.bootstrap_expect to 1, or keep the state in etcd' }),
      }),
    ]);
  });
});
