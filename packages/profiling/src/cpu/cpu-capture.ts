import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { Profiler } from 'node:inspector';
import { captureTime } from '../inspector/capture-time.js';
import type { CaptureEnds } from '../inspector/capture-time.js';
import { openSession } from '../inspector/inspector-session.js';
import { WorkerSessions } from '../inspector/worker-sessions.js';
import type { WorkerSession } from '../inspector/worker-sessions.js';

/** How long a worker may take to hand over its samples; one that is stuck outside JavaScript never does. */
const COLLECT_MS = 5_000;

export const MAIN_THREAD = 'main';

export interface CpuCaptureOptions {
  readonly durationMs: number;
  /** Between two samples of a thread. */
  readonly intervalMs: number;
}

/** The samples of one JavaScript thread. */
export interface ThreadCpuProfile {
  /** `main`, or number and name of a worker. */
  readonly thread: string;
  readonly profile: Profiler.Profile;
}

/**
 * Samples the main thread and every worker for a while. A worker that starts meanwhile is included from then on, one that
 * exits or does not answer contributes nothing.
 * Rejects with the signal's reason as soon as it aborts; either way nothing is left running.
 */
export async function captureCpu(
  { durationMs, intervalMs }: CpuCaptureOptions,
  ends: CaptureEnds,
): Promise<readonly ThreadCpuProfile[]> {
  const { clock, signal } = ends;
  signal.throwIfAborted();
  const interval = Math.round(intervalMs * 1_000);
  const session = await openSession();
  try {
    const workers = new WorkerSessions(session, (worker) => startWorker(worker, interval));
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval });
    await session.post('Profiler.start');
    await workers.attach();
    await captureTime(durationMs, ends);
    const collected = workers.workers.map((worker) => stopWorker(worker, clock));
    const { profile } = await session.post('Profiler.stop');
    const others = (await Promise.all(collected)).filter((each) => each !== undefined);
    return [{ thread: MAIN_THREAD, profile }, ...others];
  } finally {
    session.disconnect();
  }
}

/** Not awaited: a worker outside JavaScript answers late or never, and messages keep their order anyway. */
function startWorker(worker: WorkerSession, interval: number): void {
  const calls = [
    worker.call('Profiler.enable'),
    worker.call('Profiler.setSamplingInterval', { interval }),
    worker.call('Profiler.start'),
  ];
  // Why a worker contributes nothing does not matter to the others.
  for (const call of calls) call.catch(() => undefined);
}

async function stopWorker(worker: WorkerSession, clock: Clock): Promise<ThreadCpuProfile | undefined> {
  const abort = new AbortController();
  const late = sleep(clock, COLLECT_MS, { signal: abort.signal });
  try {
    const result = await Promise.race([worker.call('Profiler.stop'), late]);
    if (result === undefined) return undefined;
    return { thread: worker.threadName, profile: (result as Profiler.StopReturnType).profile };
  } catch {
    return undefined;
  } finally {
    abort.abort(new Error('collected'));
    await late.catch(() => undefined);
  }
}
