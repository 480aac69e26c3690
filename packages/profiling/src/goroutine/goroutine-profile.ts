import type { Clock } from '@steppe/runtime';
import { captureCpu } from '../cpu/cpu-capture.js';
import { cpuSamples } from '../cpu/cpu-samples.js';
import type { ProcessFacts } from '../profiler/process-facts.js';
import type { ProfileContribution, ProfileRequest } from '../profiler/profile-contribution.js';
import type { SourcePositions } from '../stack/source-positions.js';
import type { Frame, StackProfile, StackSample } from '../stack/stack-profile.js';
import { textRecords } from '../stack/text-records.js';
import type { TaskRegistry } from './task-registry.js';

/** A short look at what each thread does: about twenty samples. */
const LOOK = { durationMs: 20, intervalMs: 1 };

export interface GoroutineProfileDeps {
  readonly tasks: TaskRegistry;
  readonly process: ProcessFacts;
  readonly positions: SourcePositions;
  readonly clock: Clock;
}

/** Something that goes on: what Go would have a goroutine for. */
interface Activity {
  readonly kind: 'thread' | 'task' | 'libuv';
  readonly state: string;
  readonly count: number;
  readonly stack: readonly Frame[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * `goroutine`: the JavaScript threads with what they run, the registered tasks with where they began, and what libuv waits
 * for, by type. Promises that nobody registered cannot be listed.
 */
export class GoroutineProfile implements ProfileContribution {
  readonly name = 'goroutine';
  readonly #deps: GoroutineProfileDeps;

  constructor(deps: GoroutineProfileDeps) {
    this.#deps = deps;
  }

  async collect({ debug, signal }: ProfileRequest): Promise<StackProfile | string> {
    const activities = [...(await this.#threads(signal)), ...this.#tasks(), ...this.#resources()];
    if (debug >= 2) return panicForm(activities);
    const samples = activities.map(({ kind, state, count, stack, labels }): StackSample => {
      return { stack, values: [count], labels: { kind, state, ...labels } };
    });
    if (debug === 1) {
      const total = activities.reduce((sum, { count }) => sum + count, 0);
      return `goroutine profile: total ${total}\n${textRecords(samples, ({ values }) => `${values[0]}`)}`;
    }
    return {
      sampleTypes: [{ type: 'goroutine', unit: 'count' }],
      periodType: { type: 'goroutine', unit: 'count' },
      period: 1,
      timeMs: this.#deps.clock.now(),
      durationMs: 0,
      comments: ['threads, registered tasks and libuv resources; promises that nobody registered do not appear'],
      samples,
    };
  }

  async #threads(signal: AbortSignal): Promise<Activity[]> {
    const { clock, positions } = this.#deps;
    const threads = await captureCpu(LOOK, { clock, signal });
    return threads.map((thread) => {
      const { thread: name } = thread;
      // The stack seen most often stands for the whole look.
      const [busiest] = cpuSamples(thread, positions, (hits) => [hits]).toSorted(
        (a, b) => (b.values[0] ?? 0) - (a.values[0] ?? 0),
      );
      return {
        kind: 'thread',
        state: busiest === undefined ? 'idle' : 'running',
        count: 1,
        stack: busiest?.stack ?? [{ functionName: `${name} event loop`, file: '', line: 0 }],
        labels: { thread: name },
      };
    });
  }

  #tasks(): Activity[] {
    const { tasks } = this.#deps;
    const listed = tasks.list().map(({ name, state, ageMs, site }): Activity => {
      const stack = [{ functionName: name, file: '', line: 0 }, ...site];
      return { kind: 'task', state, count: 1, stack, labels: { task: name, age: `${Math.round(ageMs / 1_000)}s` } };
    });
    if (tasks.overflow === 0) return listed;
    const stack = [{ functionName: 'tasks beyond the limit of the registry', file: '', line: 0 }];
    return [...listed, { kind: 'task', state: 'unlisted', count: tasks.overflow, stack, labels: {} }];
  }

  #resources(): Activity[] {
    const counts = new Map<string, number>();
    for (const type of this.#deps.process.activeResources()) counts.set(type, (counts.get(type) ?? 0) + 1);
    return [...counts].map(([type, count]) => ({
      kind: 'libuv',
      state: 'waiting',
      count,
      stack: [{ functionName: `libuv.${type}`, file: '', line: 0 }],
      labels: {},
    }));
  }
}

/** The form in which Go prints its goroutines when it gives up. */
function panicForm(activities: readonly Activity[]): string {
  return activities
    .map(({ kind, state, count, stack, labels: { thread } }, i) => {
      // A thread always runs: it would be the one to print this.
      const remarks = [kind === 'thread' ? 'running' : state, ...(count > 1 ? [`${count} of them`] : [])];
      const head = `goroutine ${i + 1} [${remarks.join(', ')}]:\n`;
      const frames = stack.map(({ functionName, file, line }) => `${functionName}()\n\t${file}:${line} +0x0\n`);
      return head + frames.join('') + (thread === undefined ? '' : `on thread ${thread}\n`);
    })
    .join('\n');
}
