import { describe, expect, test } from '@jest/globals';
import type { Allocation, Evaluation, Job, Node } from '@steppe/domain';
import { silentLogger } from '@steppe/runtime';
import { SeededRandom, SimClock } from '@steppe/testing';
import { allocationOf } from '../testing/allocation-of.js';
import { evaluationOf } from '../testing/evaluation-of.js';
import { groupOf, jobOf } from '../testing/job-of.js';
import { nodeOf } from '../testing/node-of.js';
import { CoreScheduler, coreEvaluation } from './core-scheduler.js';

const HOUR = 3_600_000;

interface Tables {
  readonly evaluations?: readonly Evaluation[];
  readonly allocations?: readonly Allocation[];
  readonly jobs?: readonly Job[];
  readonly nodes?: readonly Node[];
}

/** What a collection of a kind deletes. `ago` makes moments. */
async function collect(jobId: string, make: (ago: (ms: number) => number) => Tables) {
  const clock = new SimClock();
  const { evaluations = [], allocations = [], jobs = [], nodes = [] } = make((ms) => clock.now() - ms);
  const deleted: string[] = [];
  const writes: number[] = [];
  const remember = async (...ids: readonly (readonly string[])[]) => {
    deleted.push(...ids.flat());
    writes.push(ids.flat().length);
  };
  const scheduler = new CoreScheduler(
    {},
    {
      clock,
      logger: silentLogger,
      store: {
        state: () => ({
          evaluations: () => evaluations,
          allocations: () => allocations,
          jobs: () => jobs,
          nodes: () => nodes,
        }),
        deleteEvaluations: remember,
        deleteJobs: (keys) => remember(keys.map(({ id }) => id)),
        deleteNodes: remember,
      },
    },
  );
  await scheduler.process({ jobId });
  return { deleted, writes };
}

const ended = (id: string, modifyTimeMs: number, changes: Partial<Evaluation> = {}) =>
  evaluationOf(id, { status: 'complete', modifyTimeMs, ...changes });
const allocation = (id: string, modifyTimeMs: number, changes: Partial<Allocation> = {}) =>
  allocationOf(id, { evalId: 'e', clientStatus: 'complete', modifyTimeMs, ...changes });

describe('eval-gc', () => {
  test('takes evaluations that have ended more than an hour ago, with their allocations', async () => {
    const { deleted } = await collect('eval-gc', (ago) => ({
      evaluations: [
        ended('e', ago(HOUR)),
        ended('young', ago(HOUR - 1)),
        evaluationOf('open', { modifyTimeMs: ago(HOUR) }),
      ],
      allocations: [allocation('a', ago(HOUR)), allocation('b', ago(HOUR), { clientStatus: 'lost' })],
      jobs: [jobOf()],
    }));
    expect(deleted).toEqual(['a', 'b', 'e']);
  });

  test.each<[string, Partial<Allocation>, object]>([
    ['still runs', { clientStatus: 'running' }, {}],
    ['was told to stop and still runs', { desiredStatus: 'stop', clientStatus: 'running' }, {}],
    ['failed and may be replaced', { clientStatus: 'failed' }, {}],
    ['has ended a moment ago', { modifyTimeMs: Number.MAX_SAFE_INTEGER }, {}],
  ])('keeps an evaluation of which an allocation %s', async (_name, changes, job) => {
    const { deleted } = await collect('eval-gc', (ago) => ({
      evaluations: [ended('e', ago(HOUR))],
      allocations: [allocation('a', ago(HOUR)), allocation('b', ago(HOUR), changes)],
      jobs: [jobOf(job)],
    }));
    expect(deleted).toEqual([]);
  });

  test.each<[string, Partial<Allocation>, readonly Job[]]>([
    ['has been replaced', { nextAllocation: 'x' }, [jobOf()]],
    ['is not to be replaced', {}, [jobOf({ TaskGroups: [groupOf({ ReschedulePolicy: { Attempts: 0 } })] })]],
    ['is of a job that has stopped', {}, [{ ...jobOf(), stop: true }]],
    ['is of a job that is gone', {}, []],
  ])('takes one of which an allocation failed that %s', async (_name, changes, jobs) => {
    const { deleted } = await collect('eval-gc', (ago) => ({
      evaluations: [ended('e', ago(HOUR))],
      allocations: [allocation('a', ago(HOUR), { clientStatus: 'failed', ...changes })],
      jobs,
    }));
    expect(deleted).toEqual(['a', 'e']);
  });

  test('keeps those of batch jobs for a day, and what a batch job that is there has done for good', async () => {
    const job = { ...jobOf({ Type: 'batch' }), jobModifyIndex: 5 };
    const { deleted } = await collect('eval-gc', (ago) => ({
      evaluations: ['e', 'old', 'none', 'young'].map((id) =>
        ended(id, ago(id === 'young' ? 23 * HOUR : 24 * HOUR), { type: 'batch' }),
      ),
      allocations: [
        allocation('current', ago(24 * HOUR), { jobModifyIndex: 5 }),
        allocation('before', ago(24 * HOUR), { evalId: 'old', jobModifyIndex: 4 }),
      ],
      jobs: [job],
    }));
    expect(deleted).toEqual(['before', 'old', 'none']);
  });
});

describe('job-gc', () => {
  const dead = (id: string): Job => ({ ...jobOf({ ID: id }), status: 'dead' });

  test('takes dead jobs with all they have, and those only that have nothing left', async () => {
    const { deleted } = await collect('job-gc', (ago) => ({
      jobs: [dead('web'), dead('busy'), jobOf({ ID: 'alive' }), { ...dead('young'), submitTimeMs: ago(HOUR) }],
      evaluations: [ended('e', ago(4 * HOUR)), ended('late', ago(HOUR), { jobId: 'busy' })],
      allocations: [allocation('a', ago(4 * HOUR))],
    }));
    expect(deleted).toEqual(['a', 'e', 'web']);
  });
});

describe('node-gc', () => {
  test('takes nodes that have been down for a day and have nothing left', async () => {
    const { deleted } = await collect('node-gc', (ago) => {
      const down = (id: string, ms = 24 * HOUR) =>
        nodeOf(id, { status: 'down', statusUpdatedAt: Math.floor(ago(ms) / 1_000) });
      return {
        nodes: [down('gone'), down('young', HOUR), down('occupied'), nodeOf('ready')],
        allocations: [
          allocation('a', 0, { nodeId: 'occupied', clientStatus: 'unknown' }),
          allocation('b', 0, { nodeId: 'gone' }),
        ],
      };
    });
    expect(deleted).toEqual(['gone']);
  });
});

test('force-gc takes everything that has ended, whenever it did, nodes last', async () => {
  const { deleted } = await collect('force-gc', (ago) => ({
    jobs: [{ ...jobOf(), status: 'dead' }],
    evaluations: [ended('e', ago(0)), ended('other', ago(0), { jobId: 'gone' })],
    allocations: [allocation('a', ago(0))],
    nodes: [nodeOf('down', { status: 'down', statusUpdatedAt: 0 })],
  }));
  expect(deleted.indexOf('down')).toBe(deleted.length - 1);
  expect(new Set(deleted)).toEqual(new Set(['a', 'e', 'web', 'other', 'down']));
});

test('much is deleted in many writes', async () => {
  const { writes } = await collect('eval-gc', () => ({
    evaluations: Array.from({ length: 7_282 }, (_, i) => ended(`e${i}`, 0)),
  }));
  expect(writes).toEqual([7_281, 1]);
});

test('what it does not know it does not claim to have done', async () => {
  await expect(collect('tea', () => ({}))).rejects.toThrow("core scheduler cannot handle job 'tea'");
});

test('a core evaluation goes before all others and belongs to no namespace', () => {
  expect(coreEvaluation('node-gc', 7, new SeededRandom(1))).toMatchObject({
    type: '_core',
    namespace: '-',
    priority: 32_767,
    jobId: 'node-gc',
    modifyIndex: 7,
  });
});
