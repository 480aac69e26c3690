import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@steppe/testing';
import { NODES } from '@steppe/state';
import type { OpenStream } from './open-stream.js';
import { openStream } from './open-stream.js';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, nodeOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

const TOKENS = {
  reader: 'namespace "default" { policy = "read" }',
  both: 'namespace "*" { policy = "read" } node { policy = "read" }',
  nodes: 'node { policy = "read" }',
};

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent({
    tokens: TOKENS,
    settings: {
      server: { enabled: true, bootstrapExpect: 1, numSchedulers: 0 },
      eventStream: { maxPerToken: 3, maxTotal: 5 },
    },
  });
  await agent.put('/v1/namespace', { Name: 'team' }, 'root');
});
afterAll(() => agent.stop());

const PATH = '/v1/event/stream';

test('tells of jobs and what comes of them, in the order of their writes', async () => {
  const stream = await openStream(agent, `${PATH}?topic=Job:web&topic=Evaluation:web&topic=Node`, { token: 'both' });
  await agent.put('/v1/jobs', { Job: jobOf('other') }, 'root');
  const registered = (await agent.put('/v1/jobs', { Job: jobOf('web') }, 'root')).json() as { JobModifyIndex: number };
  await agent.state.transact((tx) => tx.put(NODES, nodeOf(uuidOf(1))));
  await agent.request('/v1/job/web?purge=true', { method: 'DELETE', token: 'root' });
  await stream.readUntil((text) => text.split('\n').length > 3);
  stream.leave();
  const lines = stream.text
    .split('\n')
    .filter((line) => line !== '' && line !== '{}')
    .map(
      (line) => JSON.parse(line) as { Index: number; Events: readonly { Topic: string; Type: string; Key: string }[] },
    );
  expect(lines.map(({ Events }) => Events.map(({ Topic, Type }) => `${Topic} ${Type}`).toSorted())).toEqual([
    ['Evaluation EvaluationUpdated', 'Job JobRegistered'],
    ['Node NodeRegistration'],
    ['Evaluation EvaluationUpdated', 'Job JobDeregistered'],
  ]);
  expect(lines[0]).toMatchObject({
    Index: registered.JobModifyIndex,
    Events: expect.arrayContaining([
      expect.objectContaining({
        Topic: 'Job',
        Key: 'web',
        Namespace: 'default',
        Payload: { Job: expect.objectContaining({ ID: 'web', JobModifyIndex: registered.JobModifyIndex }) },
      }),
    ]),
  });
  const again = await openStream(agent, `${PATH}?topic=Job:web&index=${registered.JobModifyIndex}`, {
    token: 'reader',
  });
  expect(await again.readUntil('"JobRegistered"')).not.toContain('"Evaluation"');
  again.leave();
});

test.each([
  ['reader', '?topic=Job', 200],
  ['reader', '?topic=Job&namespace=team', 403],
  // Nomad: all namespaces are for those who may read every one of them.
  ['reader', '?topic=Job&namespace=*', 403],
  ['both', '?topic=Job&namespace=*', 200],
  ['reader', '?topic=Node', 403],
  ['nodes', '?topic=Node', 200],
  ['both', '?topic=Job&topic=Node', 200],
  ['both', '', 403],
  ['both', '?topic=ACLToken', 403],
  ['root', '', 200],
  ['both', '?topic=:x', 400],
])('"%s" asks for %s: %i', async (token, query, status) => {
  const stream = await openStream(agent, PATH + query, { token });
  expect(stream.response.status).toBe(status);
  stream.leave();
});

test('A55: ends when the token is deleted', async () => {
  const made = await agent.put('/v1/acl/token', { Name: 'short', Type: 'client', Policies: ['reader'] }, 'root');
  const { AccessorID, SecretID } = made.json() as { AccessorID: string; SecretID: string };
  const stream = await openStream(agent, `${PATH}?topic=Job`, { headers: { 'X-Nomad-Token': SecretID } });
  expect(stream.response.status).toBe(200);
  await agent.request(`/v1/acl/token/${AccessorID}`, { method: 'DELETE', token: 'root' });
  await stream.readAll();
});

test('has as many readers as the agent and their tokens may have; who leaves makes room', async () => {
  const open = (token: string) => openStream(agent, `${PATH}?topic=Job`, { token });
  const streams: OpenStream[] = [];
  for (const token of ['reader', 'reader', 'reader', 'both', 'root']) {
    await eventually(5_000, async () => {
      const stream = await open(token);
      expect(stream.response.status).toBe(200);
      streams.push(stream);
    });
    if (streams.length === 3) {
      expect(await agent.request(`${PATH}?topic=Job`, { token })).toMatchObject({
        status: 429,
        text: 'this token has 3 event streams open, and may have no more',
      });
    }
  }
  expect(await agent.request(PATH, { token: 'root' })).toMatchObject({
    status: 429,
    text: 'the agent has 5 event streams open, and may have no more',
  });
  streams.pop()?.leave();
  await eventually(5_000, async () => {
    const stream = await open('root');
    expect(stream.response.status).toBe(200);
    streams.push(stream);
  });
  for (const stream of streams) stream.leave();
});

test('where the configuration wants no events there is no stream of them; schedulers begin with what it says', async () => {
  const defaultSchedulerConfig = { schedulerAlgorithm: 'spread', preemptionConfig: { systemSchedulerEnabled: false } };
  const settings = { server: { enableEventBroker: false, defaultSchedulerConfig } };
  const quiet = await startSchedulingAgent({ tokens: TOKENS, settings });
  const reply = await quiet.request(`${PATH}?topic=Node`, { token: 'nodes' });
  expect([reply.status, reply.text]).toEqual([400, 'there are no events: server.enable_event_broker is false']);
  expect(await quiet.get('/v1/operator/scheduler/configuration', 'root')).toMatchObject({
    SchedulerConfig: { SchedulerAlgorithm: 'spread', PreemptionConfig: { SystemSchedulerEnabled: false } },
  });
  await quiet.stop();
});
