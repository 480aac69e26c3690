import { RecordingLogger, SimClock } from '@steppe/testing';
import type { AllocRecord } from '../allocs/alloc-record.js';
import { AllocRunner } from '../allocs/alloc-runner.js';
import type { ExampleOptions } from './example-alloc.js';
import { exampleAlloc } from './example-alloc.js';
import { EXAMPLE_NODE } from './example-node.js';
import { FakeSigner } from './fake-signer.js';
import { FakeTaskDriver } from './fake-task-driver.js';
import { FixedRandom } from './fixed-random.js';
import { MemoryAllocFolders } from './memory-alloc-folders.js';

/** A runner of an example allocation, with everything around it in memory. */
export const createRunner = (
  options: ExampleOptions = {},
  {
    clock = new SimClock(),
    driver = new FakeTaskDriver({ clock }),
    record,
  }: { clock?: SimClock; driver?: FakeTaskDriver; record?: AllocRecord } = {},
) => {
  const folders = new MemoryAllocFolders();
  const signer = new FakeSigner();
  const logger = new RecordingLogger();
  const statuses: string[] = [];
  const runner = new AllocRunner(
    exampleAlloc(options),
    { maxKillTimeoutMs: 30_000, ...(record === undefined ? {} : { record }) },
    {
      drivers: new Map([['fake', driver]]),
      folders,
      node: () => EXAMPLE_NODE,
      host: { PATH: '/bin' },
      signIdentities: signer.sign,
      onChange: async ({ report }) => {
        if (statuses.at(-1) !== report.clientStatus) statuses.push(report.clientStatus);
      },
      clock,
      random: new FixedRandom(0),
      logger,
    },
  );
  const start = async (): Promise<void> => {
    runner.confirm();
    runner.start();
    await clock.advance(0);
  };
  const events = (task = 'main') => runner.report.taskStates[task]?.events.map(({ type }) => type);
  const message = (task = 'main') => runner.report.taskStates[task]?.events.at(-1)?.displayMessage;
  return { clock, driver, events, folders, logger, message, runner, signer, start, statuses };
};

/** Where in the life of its group a task runs. */
export const hook = (name: string, sidecar = false) => ({ lifecycle: { hook: name, sidecar } });
