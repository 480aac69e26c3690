import type { Clock } from '@steppe/runtime';
import { MAIN_THREAD } from '../cpu/cpu-capture.js';
import { openSession } from '../inspector/inspector-session.js';
import { WorkerSessions } from '../inspector/worker-sessions.js';
import type { ProcessFacts } from '../profiler/process-facts.js';
import type { ProfileContribution, ProfileRequest } from '../profiler/profile-contribution.js';
import type { StackProfile, StackSample } from '../stack/stack-profile.js';
import { textRecords } from '../stack/text-records.js';

export interface ThreadcreateProfileDeps {
  readonly process: ProcessFacts;
  readonly clock: Clock;
}

/** `threadcreate`: the JavaScript threads by name, and how many others the process has. */
export class ThreadcreateProfile implements ProfileContribution {
  readonly name = 'threadcreate';
  readonly #deps: ThreadcreateProfileDeps;

  constructor(deps: ThreadcreateProfileDeps) {
    this.#deps = deps;
  }

  async collect({ debug }: ProfileRequest): Promise<StackProfile | string> {
    const samples = await this.#samples();
    if (debug > 0) {
      const total = samples.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
      return `threadcreate profile: total ${total}\n${textRecords(samples, ({ values }) => `${values[0]}`)}`;
    }
    return {
      sampleTypes: [{ type: 'threadcreate', unit: 'count' }],
      periodType: { type: 'threadcreate', unit: 'count' },
      period: 1,
      timeMs: this.#deps.clock.now(),
      durationMs: 0,
      comments: ['threads without a stack run no JavaScript: file system, DNS, garbage collection, compilation'],
      samples,
    };
  }

  async #samples(): Promise<StackSample[]> {
    const javascript = [MAIN_THREAD, ...(await workerNames())];
    const others = ((await this.#deps.process.threadCount()) ?? javascript.length) - javascript.length;
    const samples: StackSample[] = javascript.map((thread) => ({
      stack: [{ functionName: thread, file: '', line: 0 }],
      values: [1],
      labels: { thread },
    }));
    return others > 0 ? [...samples, { stack: [], values: [others] }] : samples;
  }
}

async function workerNames(): Promise<string[]> {
  const session = await openSession();
  try {
    const sessions = new WorkerSessions(session);
    await sessions.attach();
    return sessions.workers.map((worker) => worker.threadName);
  } finally {
    session.disconnect();
  }
}
