import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NODES } from '@steppe/state';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, nodeOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent();
});
afterAll(() => agent.stop());

const namesOf = async (path: string): Promise<readonly string[]> =>
  (await agent.get<readonly { readonly Name: string }[]>(path)).map(({ Name }) => Name);
const remove = async (path: string) => {
  const { status, text } = await agent.request(path, { method: 'DELETE' });
  return [status, text];
};

describe('namespaces', () => {
  test('are made, read, changed and deleted', async () => {
    expect(await namesOf('/v1/namespaces')).toEqual(['default']);
    expect((await agent.put('/v1/namespace', { Name: 'team', Description: 'ours', Meta: { a: 'b' } })).status).toBe(
      200,
    );
    expect((await agent.put('/v1/namespace/team', { Name: 'team', Description: 'theirs' })).status).toBe(200);
    expect(await agent.get('/v1/namespace/team')).toMatchObject({ Name: 'team', Description: 'theirs', Meta: null });
    expect(await namesOf('/v1/namespaces')).toEqual(['default', 'team']);
    expect(await namesOf('/v1/namespaces?prefix=te')).toEqual(['team']);
    expect(await remove('/v1/namespace/team')).toEqual([200, '']);
    expect(await remove('/v1/namespace/team')).toEqual([404, 'Namespace not found']);
    expect((await agent.request('/v1/namespace/team')).status).toBe(404);
  });

  test.each([
    ['/v1/namespace', { Name: 'a b' }, 'invalid name "a b". Must match regex ^[a-zA-Z0-9-]{1,128}$'],
    ['/v1/namespace', { Name: 'x', Description: 'd'.repeat(257) }, 'description longer than 256'],
    ['/v1/namespace/x', { Name: 'y' }, 'Namespace name does not match request path'],
    ['/v1/namespace', { Name: 'x', Quota: 'big' }, 'Namespace.Quota: quotas are not supported'],
  ])('%s does not take %j', async (path, body, text) => {
    const reply = await agent.put(path, body);
    expect([reply.status, reply.text]).toEqual([400, text]);
  });

  test('keep their jobs apart, and are deleted only when those are dead', async () => {
    await agent.put('/v1/namespace', { Name: 'apart' });
    await agent.put('/v1/jobs', { Job: jobOf('web', { Namespace: 'apart' }) });
    await agent.put('/v1/jobs?namespace=apart', { Job: jobOf('by-query') });
    await agent.put('/v1/jobs', { Job: jobOf('web') });
    const ids = async (query: string) =>
      (await agent.get<readonly { ID: string; Namespace: string }[]>(`/v1/jobs${query}`)).map(
        ({ ID, Namespace }) => `${Namespace}/${ID}`,
      );
    expect(await ids('')).toEqual(['default/web']);
    expect(await ids('?namespace=apart')).toEqual(['apart/by-query', 'apart/web']);
    expect(await ids('?namespace=*&prefix=we')).toEqual(['apart/web', 'default/web']);
    expect(await remove('/v1/namespace/default')).toEqual([400, 'can not delete default namespace']);
    expect(await remove('/v1/namespace/apart')).toEqual([
      400,
      'namespace "apart" contains at least one non-terminal job "by-query" in region "global". All jobs must be terminal in namespace before it can be deleted',
    ]);
    for (const id of ['web', 'by-query']) await remove(`/v1/job/${id}?namespace=apart&purge=true`);
    expect((await remove('/v1/namespace/apart'))[0]).toBe(200);
  });

  test('say which drivers and pools their jobs may use', async () => {
    await agent.put('/v1/namespace', {
      Name: 'strict',
      Capabilities: { DisabledTaskDrivers: ['raw_exec'] },
      NodePoolConfiguration: { Denied: ['all'] },
    });
    const reply = await agent.put('/v1/jobs', { Job: jobOf('web', { Namespace: 'strict', NodePool: 'all' }) });
    expect([reply.status, reply.text]).toEqual([
      400,
      '2 errors occurred:\n\t* used task driver "raw_exec" is not allowed in namespace "strict"\n\t* used node pool "all" is not allowed in namespace "strict"\n\n',
    ]);
  });
});

describe('node pools', () => {
  test('are made, read and deleted; two are built in', async () => {
    expect(await namesOf('/v1/node/pools')).toEqual(['all', 'default']);
    expect((await agent.put('/v1/node/pools', { Name: 'gpu', Description: 'fast' })).status).toBe(200);
    expect(await agent.get('/v1/node/pool/gpu')).toMatchObject({ Name: 'gpu', Description: 'fast' });
    expect((await agent.put('/v1/node/pool/all', { Name: 'all' })).text).toBe(
      'modifying node pool "all" is not allowed',
    );
    expect(await remove('/v1/node/pool/default')).toEqual([400, 'deleting node pool "default" is not allowed']);
    expect((await agent.put('/v1/node/pools', { Name: 'a b' })).text).toBe(
      'invalid name "a b", must match regex ^[a-zA-Z0-9-_]{1,128}$',
    );
    expect(await remove('/v1/node/pool/none')).toEqual([404, 'node pool not found']);
    expect(await remove('/v1/node/pool/gpu')).toEqual([200, '']);
  });

  test('have jobs and nodes, and are not deleted while they do', async () => {
    await agent.put('/v1/node/pools', { Name: 'used' });
    await agent.put('/v1/jobs', { Job: jobOf('pooled', { NodePool: 'used' }) });
    await agent.state.transact((tx) => tx.put(NODES, nodeOf(uuidOf(70), { nodePool: 'used' })));
    expect(await agent.get('/v1/node/pool/used/jobs')).toMatchObject([{ ID: 'pooled' }]);
    expect(await agent.get('/v1/node/pool/used/nodes')).toMatchObject([{ ID: uuidOf(70) }]);
    expect(await agent.get('/v1/node/pool/all/nodes')).toMatchObject([{ ID: uuidOf(70) }]);
    expect(await agent.get('/v1/node/pool/default/nodes')).toEqual([]);
    expect(await remove('/v1/node/pool/used')).toEqual([400, 'node pool "used" has nodes in regions: [global]']);
    await agent.state.transact((tx) => tx.delete(NODES, uuidOf(70)));
    expect(await remove('/v1/node/pool/used')).toEqual([
      400,
      'node pool "used" has non-terminal jobs in regions: [global]',
    ]);
  });
});

describe('what a node has to do', () => {
  test('is listed in full, looked at again, and the node forgotten', async () => {
    await agent.state.transact((tx) => tx.put(NODES, nodeOf(uuidOf(71))));
    await agent.put('/v1/jobs', { Job: jobOf('on-node') });
    await agent.put('/v1/jobs', { Job: jobOf('everywhere', { Type: 'system' }) });
    const { jobModifyIndex } = {
      jobModifyIndex: (await agent.get<{ JobModifyIndex: number }>('/v1/job/on-node')).JobModifyIndex,
    };
    await agent.placeAllocation({
      id: uuidOf(72),
      jobId: 'on-node',
      nodeId: uuidOf(71),
      clientStatus: 'running',
      jobModifyIndex,
    });
    expect(await agent.get(`/v1/node/${uuidOf(71)}/allocations`)).toMatchObject([
      { ID: uuidOf(72), Job: { ID: 'on-node' } },
    ]);
    for (const action of ['evaluate', 'purge']) {
      const reply = await agent.put(`/v1/node/${uuidOf(71)}/${action}`);
      const { EvalIDs, EvalCreateIndex, NodeModifyIndex } = reply.json() as {
        EvalIDs: readonly string[];
        EvalCreateIndex: number;
        NodeModifyIndex: number;
      };
      expect(EvalCreateIndex).toBe(NodeModifyIndex);
      const evaluations = await Promise.all(EvalIDs.map((id) => agent.get<{ JobID: string }>(`/v1/evaluation/${id}`)));
      expect(evaluations.map(({ JobID }) => JobID).toSorted()).toEqual(['everywhere', 'on-node']);
      expect(evaluations).toMatchObject(evaluations.map(() => ({ TriggeredBy: 'node-update', NodeID: uuidOf(71) })));
    }
    expect((await agent.request(`/v1/node/${uuidOf(71)}`)).text).toBe('node not found');
    expect((await agent.put(`/v1/node/${uuidOf(71)}/purge`)).status).toBe(404);
  });
});

describe('the scheduler’s settings', () => {
  const path = '/v1/operator/scheduler/configuration';
  interface Settings {
    readonly SchedulerConfig: { readonly ModifyIndex: number };
    readonly Index: number;
  }

  test('begin with defaults, and are replaced as a whole', async () => {
    expect(await agent.get(path)).toMatchObject({
      SchedulerConfig: {
        SchedulerAlgorithm: 'binpack',
        MemoryOversubscriptionEnabled: false,
        RejectJobRegistration: false,
        PauseEvalBroker: false,
        NodeLimitForFeasibilityChecks: 0,
        PreemptionConfig: {
          SystemSchedulerEnabled: true,
          SysBatchSchedulerEnabled: false,
          BatchSchedulerEnabled: false,
          ServiceSchedulerEnabled: false,
        },
      },
      KnownLeader: true,
      LastContact: 0,
      NextToken: '',
    });
    const reply = await agent.put(path, { SchedulerAlgorithm: 'spread' });
    expect(reply.json()).toMatchObject({ Updated: true, Index: Number(reply.headers.get('x-nomad-index')) });
    expect(await agent.get(path)).toMatchObject({
      SchedulerConfig: { SchedulerAlgorithm: 'spread', PreemptionConfig: { SystemSchedulerEnabled: false } },
    });
  });

  test('are only replaced if they have the index that is asked for', async () => {
    await agent.put(path, { SchedulerAlgorithm: 'spread' });
    const { SchedulerConfig } = await agent.get<Settings>(path);
    const wrong = await agent.put(`${path}?cas=${SchedulerConfig.ModifyIndex - 1}`, { SchedulerAlgorithm: 'binpack' });
    expect(wrong.json()).toMatchObject({ Updated: false });
    expect(await agent.get(path)).toMatchObject({ SchedulerConfig: { SchedulerAlgorithm: 'spread' } });
    const right = await agent.put(`${path}?cas=${SchedulerConfig.ModifyIndex}`, { SchedulerAlgorithm: 'binpack' });
    expect(right.json()).toMatchObject({ Updated: true });
    const bad = await agent.put(`${path}?cas=x`, {});
    expect([bad.status, bad.text]).toEqual([
      400,
      'Error parsing cas value: strconv.ParseUint: parsing "x": invalid syntax',
    ]);
    const unknown = await agent.put(path, { SchedulerAlgorithm: 'random' });
    expect([unknown.status, unknown.text]).toEqual([400, 'invalid scheduler algorithm: random']);
    expect((await agent.request(path, { method: 'DELETE' })).status).toBe(405);
  });

  test('housekeeping is asked for by PUT alone', async () => {
    const reply = await agent.put('/v1/system/gc');
    expect([reply.status, reply.text]).toEqual([200, '']);
    expect((await agent.request('/v1/system/gc', { method: 'POST' })).status).toBe(405);
    expect((await agent.put('/v1/system/reconcile/summaries')).status).toBe(200);
  });
});
