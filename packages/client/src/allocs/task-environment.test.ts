import { expect, test } from '@jest/globals';
import type { Task } from '@steppe/domain';
import { exampleAlloc, exampleTask } from '../testing/example-alloc.js';
import type { ExampleOptions } from '../testing/example-alloc.js';
import { EXAMPLE_NODE } from '../testing/example-node.js';
import { DiskAllocFolders } from './alloc-folders.js';
import { taskEnvironment, visibleHostEnvironment } from './task-environment.js';

const environment = (task: Partial<Task> = {}, options: ExampleOptions = {}, token?: string) => {
  const { allocation, job } = exampleAlloc({ ...options, tasks: [exampleTask('main', task)] });
  const [group] = job.taskGroups;
  const [canonical] = group?.tasks ?? [];
  if (group === undefined || canonical === undefined) throw new Error('the example has no task');
  return taskEnvironment({
    allocation,
    job,
    group,
    task: canonical,
    node: EXAMPLE_NODE,
    folders: new DiskAllocFolders('/allocs').task(allocation.id, 'main'),
    tokens: token === undefined ? {} : { NOMAD_TOKEN: token },
    host: { PATH: '/bin', HOME: '/root' },
  });
};

test('tells a task what it is and where', () => {
  const { env } = environment({}, { job: { parentId: 'parent' } });
  const own = '/allocs/5e8a1f2c-0000-4000-8000-000000000001';
  expect(env).toEqual({
    PATH: '/bin',
    HOME: '/root',
    NOMAD_ALLOC_ID: '5e8a1f2c-0000-4000-8000-000000000001',
    NOMAD_SHORT_ALLOC_ID: '5e8a1f2c',
    NOMAD_ALLOC_NAME: 'shop.web[3]',
    NOMAD_ALLOC_INDEX: '3',
    NOMAD_ALLOC_DIR: `${own}/alloc`,
    NOMAD_TASK_DIR: `${own}/main/local`,
    NOMAD_SECRETS_DIR: `${own}/main/secrets`,
    NOMAD_TASK_NAME: 'main',
    NOMAD_GROUP_NAME: 'web',
    NOMAD_JOB_ID: 'shop',
    NOMAD_JOB_NAME: 'shop',
    NOMAD_JOB_PARENT_ID: 'parent',
    NOMAD_NAMESPACE: 'default',
    NOMAD_REGION: 'global',
    NOMAD_DC: 'dc1',
    NOMAD_CPU_LIMIT: '100',
    NOMAD_MEMORY_LIMIT: '300',
  });
});

test('tells ports by label, mapped ones too', () => {
  const ports = [
    { label: 'http', value: 23_456, to: 0, hostIp: '10.0.0.1' },
    { label: 'db-main', value: 23_457, to: 5_432, hostIp: '::1' },
  ];
  const allocatedResources = { tasks: {}, shared: { diskMb: 0, networks: [], ports } };
  const { env } = environment({}, { allocation: { allocatedResources } });
  expect(env).toMatchObject({
    NOMAD_PORT_http: '23456',
    NOMAD_HOST_PORT_http: '23456',
    NOMAD_IP_http: '10.0.0.1',
    NOMAD_ADDR_http: '10.0.0.1:23456',
    NOMAD_PORT_db_main: '5432',
    NOMAD_HOST_PORT_db_main: '23457',
    NOMAD_ADDR_db_main: '[::1]:23457',
  });
});

test('meta of job, group and task, the nearest first, under both spellings', () => {
  const { env } = environment(
    { meta: { own: '${node.unique.name} of ${attr.cpu.arch}' } },
    { job: { meta: { who: 'job', 'a-b': '1' } }, group: { meta: { who: 'group' } } },
  );
  expect(env).toMatchObject({
    NOMAD_META_who: 'group',
    NOMAD_META_WHO: 'group',
    NOMAD_META_a_b: '1',
    NOMAD_META_A_B: '1',
    NOMAD_META_own: 'n1 of amd64',
  });
});

test('references in the environment and in nested settings are replaced; what is not known stays for the shell', () => {
  const { env, config } = environment({
    env: { RACK: '${meta.rack}-${node.datacenter}', MORE: '${NOMAD_ALLOC_INDEX}${env.PATH}' },
    config: {
      args: ['-c', 'echo ${HOME} ${UNKNOWN} ${constructor} $RACK', { deep: '${RACK}/${node.class}/${node.pool}' }],
      count: 3,
    },
  });
  expect(env).toMatchObject({ RACK: 'r7-dc1', MORE: '3/bin' });
  expect(config).toEqual({
    args: ['-c', 'echo /root ${UNKNOWN} ${constructor} $RACK', { deep: 'r7-dc1/big/default' }],
    count: 3,
  });
});

test('a task cannot pretend that its folders are elsewhere, and the token is in no setting', () => {
  const task = { env: { NOMAD_TASK_DIR: '/etc', NOMAD_TOKEN: 'mine' }, config: { token: '${NOMAD_TOKEN}' } };
  const { env, config } = environment(task, {}, 'jwt');
  expect(env['NOMAD_TASK_DIR']).toContain('/main/local');
  expect([env['NOMAD_TOKEN'], config]).toEqual(['jwt', { token: '${NOMAD_TOKEN}' }]);
});

test('tasks see neither secrets of the agent nor what is meant for it', () => {
  const host = {
    PATH: '/bin',
    LANG: 'C',
    NOMAD_TOKEN: 'x',
    STEPPE_ADDR: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    NODE_OPTIONS: 'x',
  };
  expect(visibleHostEnvironment({ ...host, GONE: undefined })).toEqual({ PATH: '/bin', LANG: 'C' });
});
