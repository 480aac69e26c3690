import { expect, test } from '@jest/globals';
import { isTerminalAllocation } from '@steppe/domain';
import { evaluationOf } from '../testing/evaluation-of.js';
import { groupOf, jobOf } from '../testing/job-of.js';
import { nodeOf } from '../testing/node-of.js';
import { SimulatedRegion } from '../testing/simulated-region.js';

const HARDSHIP = { loss: 0.05, maxDelayMs: 200, maxLagMs: 400, slowness: 0.03 };
const POLICY = { Unlimited: true, Delay: 5_000_000_000, DelayFunction: 'constant' };
/** Room for four allocations of the jobs below. */
const NODE = { resources: { ...nodeOf('x').resources, cpuShares: 2_000 } };
const STEPS = 60;
/** Long enough for evaluations that failed to be tried again, twice. */
const QUIET_MS = 1_510_000;

const randomJob = (sim: SimulatedRegion, id: string) => {
  const Type =
    ['service', 'service', 'service', 'batch', 'system', 'sysbatch'][Number(id.slice('job-'.length))] ?? 'service';
  const isSystem = Type === 'system' || Type === 'sysbatch';
  const group = {
    Count: isSystem ? 1 : sim.below(6),
    ...(Type === 'service' ? { ReschedulePolicy: POLICY, Update: { MaxParallel: sim.below(3) } } : {}),
  };
  const stop = sim.chance(0.15);
  const task = { User: sim.pick(['a', 'b']), Resources: { CPU: isSystem ? 100 : 450, MemoryMB: 64 } };
  const Priority = 10 * (1 + sim.below(9));
  return { ...jobOf({ ID: id, Type, Priority, TaskGroups: [groupOf(group, task)] }), stop };
};

async function step(sim: SimulatedRegion): Promise<void> {
  const dice = sim.random.next();
  const nodes = [...sim.region.state().nodes()];
  if (dice < 0.3) await sim.submit(randomJob(sim, `job-${sim.below(6)}`));
  else if (dice < 0.4) await sim.changeNode(nodeOf(`node-${nodes.length}`, NODE));
  else if (dice < 0.55) {
    const node = sim.pick(nodes);
    if (node !== undefined) await sim.changeNode({ ...node, status: node.status === 'ready' ? 'down' : 'ready' });
  } else if (dice < 0.65) {
    const running = sim.region
      .allocations()
      .filter((each) => !isTerminalAllocation(each) && each.clientStatus === 'running');
    const failing = sim.pick(running);
    if (failing !== undefined) await sim.fail(failing);
  } else if (dice < 0.72) sim.lead(sim.pick([undefined, ...sim.servers]));
  else if (dice < 0.8) {
    const server = sim.pick(sim.servers);
    if (server !== undefined) sim.crash(server);
  } else await sim.clientsWork();
  await sim.clock.advance(sim.below(sim.chance(0.1) ? 60_000 : 2_000));
}

test.each(Array.from({ length: 8 }, (_, i) => i + 1))(
  'whatever goes wrong, all evaluations end and nothing is placed twice (seed %i)',
  async (seed) => {
    const sim = new SimulatedRegion(seed, HARDSHIP);
    sim.lead(sim.servers[0]);
    for (let i = 0; i < 3; i += 1) await sim.changeNode(nodeOf(`node-${i}`, NODE));
    for (let i = 0; i < STEPS; i += 1) await step(sim);
    sim.calm();
    sim.lead(sim.servers[1]);
    for (let passedMs = 0; passedMs < QUIET_MS; passedMs += 10_000) {
      await sim.clientsWork();
      await sim.clock.advance(10_000);
    }
    const wrong = [...sim.problems, ...sim.unfinished()];
    await sim.stop();
    if (wrong.length > 0) throw new Error(`seed ${seed}:\n${wrong.join('\n')}\n\nhistory:\n${sim.history.join('\n')}`);
    expect(sim.region.evaluations().length).toBeGreaterThan(10);
  },
);

/** A region whose only server works well, and leads as soon as it is told to. */
function oneServer({ maxDelayMs }: { readonly maxDelayMs: number }) {
  const sim = new SimulatedRegion(1, { loss: 0, maxDelayMs, maxLagMs: 1, slowness: 0 }, 1);
  const [server] = sim.servers;
  if (server === undefined) throw new Error('no server');
  return { sim, server };
}

test.each([4, 1, 0])(
  'row 18: an evaluation that is being worked on when the pool is resized to %i workers is finished, and acked once',
  async (numSchedulers) => {
    const { sim, server } = oneServer({ maxDelayMs: 100 });
    const { broker, pool } = server;
    const calls: string[] = [];
    for (const name of ['ack', 'nack'] as const) {
      const call = broker[name].bind(broker);
      broker[name] = async (id, token) => {
        calls.push(`${name} ${id}`);
        await call(id, token);
      };
    }
    sim.lead(server);
    await sim.changeNode(nodeOf('node-0', NODE));
    await sim.submit(jobOf());
    const [evaluation] = sim.region.evaluations();
    if (evaluation === undefined) throw new Error('nothing was written');
    const working = () => pool.workers().filter(({ workloadStatus }) => workloadStatus === 'Scheduling');
    while (working().length === 0) await sim.clock.advance(1);
    pool.reconfigure({ numSchedulers, enabledSchedulers: ['service', '_core'] });
    expect([pool.workers().length, working()]).toEqual([numSchedulers, []]);
    expect([sim.region.evaluation(evaluation.id)?.status, calls]).toEqual(['pending', []]);
    await sim.clock.advance(10_000);
    expect([sim.region.evaluation(evaluation.id)?.status, calls]).toEqual(['complete', [`ack ${evaluation.id}`]]);
    expect(sim.region.allocations()).toHaveLength(1);
    await sim.stop();
  },
);

test('row 61: of eleven evaluations of one system job two are done once there are workers, and nine are overtaken', async () => {
  const { sim, server } = oneServer({ maxDelayMs: 1 });
  server.pool.reconfigure({ numSchedulers: 0, enabledSchedulers: ['system', '_core'] });
  sim.lead(server);
  await sim.clock.advance(1_000);
  sim.region.writeJob(jobOf({ Type: 'system' }));
  for (let i = 0; i < 11; i += 1) {
    await sim.region.writeEvaluations([evaluationOf(`e${i}`, { type: 'system' })]);
  }
  expect(server.broker.stats()).toMatchObject({ ready: 1, pending: 10 });
  server.pool.reconfigure({ numSchedulers: 4, enabledSchedulers: ['system', '_core'] });
  await sim.clock.advance(10_000);
  const ended = sim.region.evaluations();
  expect(ended.filter(({ status }) => status === 'complete')).toHaveLength(2);
  const canceled = ended.filter(
    ({ statusDescription }) => statusDescription === 'canceled after more recent eval was processed',
  );
  expect(canceled).toHaveLength(9);
  expect(server.broker.stats()).toMatchObject({ ready: 0, unacked: 0, pending: 0, waiting: 0, cancelable: 0 });
  await sim.stop();
});
