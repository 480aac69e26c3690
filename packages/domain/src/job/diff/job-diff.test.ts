import { describe, expect, test } from '@jest/globals';
import { canonicalJob } from '../canonical-job.js';
import type { Job } from '../job.js';
import { JOB_WIRE } from '../job.js';
import { diffJobs } from './job-diff.js';

const TASK = { Name: 'main', Driver: 'raw_exec', Config: { command: 'sleep', args: ['1', '2'] }, Env: { A: '1' } };
const jobOf = (changes: object = {}, group: object = {}, task: object = {}): Job =>
  canonicalJob(
    JOB_WIRE.decode(
      { ID: 'web', TaskGroups: [{ Name: 'front', Tasks: [{ ...TASK, ...task }], ...group }], ...changes },
      'Job',
    ),
    { priority: 50, region: 'global' },
  );
const field = (Type: string, Name: string, Old: string, New: string) => ({ Type, Name, Old, New, Annotations: null });

describe('diffJobs', () => {
  test('finds nothing in a job that asks for the same, whatever servers note about it', () => {
    const noted = { ...jobOf(), version: 3, status: 'running', modifyIndex: 9, submitTimeMs: 5, jobModifyIndex: 8 };
    expect(diffJobs(jobOf(), noted)).toEqual({
      Type: 'None',
      ID: 'web',
      Fields: null,
      Objects: null,
      TaskGroups: [
        {
          Type: 'None',
          Name: 'front',
          Fields: null,
          Objects: null,
          Tasks: [{ Type: 'None', Name: 'main', Fields: null, Objects: null, Annotations: null }],
          Updates: null,
        },
      ],
    });
  });

  test('shows fields, entries of maps and members of sets', () => {
    const before = jobOf({ Priority: 50, Meta: { a: '1', b: '2' }, Datacenters: ['dc1', 'dc2'] });
    const after = jobOf({ Priority: 60, Meta: { a: '3', c: '4' }, Datacenters: ['dc2', 'dc3'] });
    const diff = diffJobs(before, after);
    expect(diff.Type).toBe('Edited');
    expect(diff.Fields).toEqual([
      field('Edited', 'Meta[a]', '1', '3'),
      field('Deleted', 'Meta[b]', '2', ''),
      field('Added', 'Meta[c]', '', '4'),
      field('Edited', 'Priority', '50', '60'),
    ]);
    expect(diff.Objects).toEqual([
      {
        Type: 'Edited',
        Name: 'Datacenters',
        Fields: [field('Deleted', 'Datacenters', 'dc1', ''), field('Added', 'Datacenters', '', 'dc3')],
        Objects: null,
      },
    ]);
  });

  test('shows identities beside the default one that come and go', () => {
    const identity = { Name: 'vault', Audience: ['v'], TTL: 60e9 };
    const diff = diffJobs(jobOf(), jobOf({}, {}, { Identities: [identity] }));
    const [object] = diff.TaskGroups?.[0]?.Tasks?.[0]?.Objects ?? [];
    expect([object?.Type, object?.Name]).toEqual(['Added', 'Identity']);
    expect(object?.Fields).toContainEqual(field('Added', 'TTL', '', '60000000000'));
    expect(object?.Objects?.map(({ Name }) => Name)).toEqual(['Audience']);
  });

  test('shows what surrounds a change inside of a block, and blocks of lists as added and deleted', () => {
    const constraint = (RTarget: string) => ({ LTarget: '${attr.arch}', RTarget, Operand: '=' });
    const diff = diffJobs(
      jobOf({}, { Count: 1, Constraints: [constraint('arm')], RestartPolicy: { Attempts: 1, Mode: 'fail' } }),
      jobOf({}, { Count: 3, Constraints: [constraint('amd')], RestartPolicy: { Attempts: 2, Mode: 'fail' } }),
    );
    const [group] = diff.TaskGroups ?? [];
    expect(group?.Fields).toEqual([field('Edited', 'Count', '1', '3')]);
    expect(group?.Objects?.map(({ Type, Name }) => `${Type} ${Name}`)).toEqual([
      'Added Constraint',
      'Deleted Constraint',
      'Edited RestartPolicy',
    ]);
    expect(group?.Objects?.[2]?.Fields).toContainEqual(field('None', 'Mode', 'fail', 'fail'));
    expect(group?.Objects?.[2]?.Fields).toContainEqual(field('Edited', 'Attempts', '1', '2'));
  });

  test('compares a driver’s settings by their paths', () => {
    const diff = diffJobs(jobOf(), jobOf({}, {}, { Config: { command: 'sleep', args: ['1', '3'] }, Env: {} }));
    expect(diff.TaskGroups?.[0]?.Tasks?.[0]).toMatchObject({
      Type: 'Edited',
      Fields: [field('Deleted', 'Env[A]', '1', '')],
      Objects: [
        {
          Type: 'Edited',
          Name: 'Config',
          Fields: [
            field('None', 'args[0]', '1', '1'),
            field('Edited', 'args[1]', '2', '3'),
            field('None', 'command', 'sleep', 'sleep'),
          ],
        },
      ],
    });
  });

  test('of a new job, and of groups that come and go, shows everything', () => {
    const diff = diffJobs(undefined, jobOf());
    expect(diff).toMatchObject({ Type: 'Added', TaskGroups: [{ Type: 'Added', Tasks: [{ Type: 'Added' }] }] });
    expect(diff.Fields).toContainEqual(field('Added', 'Type', '', 'service'));
    const renamed = diffJobs(jobOf(), jobOf({}, { Name: 'back' }));
    expect(renamed.TaskGroups?.map(({ Type, Name }) => `${Type} ${Name}`)).toEqual(['Added back', 'Deleted front']);
  });
});
