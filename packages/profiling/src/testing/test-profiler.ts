import { SystemClock } from '@steppe/runtime';
import { RecordingLogger } from '@steppe/testing';
import { ContentionProfile } from '../contention/contention-profile.js';
import { GoroutineProfile } from '../goroutine/goroutine-profile.js';
import { TaskRegistryImpl } from '../goroutine/task-registry.js';
import { HeapProfile } from '../heap/heap-profile.js';
import { HeapSampler } from '../heap/heap-sampler.js';
import { factsOf } from '../profiler/process-facts.js';
import { ProfilerImpl } from '../profiler/profiler-impl.js';
import type { ProfilerOptions } from '../profiler/profiler-impl.js';
import { SourcePositions } from '../stack/source-positions.js';
import { ThreadcreateProfile } from '../threads/threadcreate-profile.js';

/** A profiler of this very process with all built-in profiles. Close it, or the heap sampler goes on. */
export function newTestProfiler(options: ProfilerOptions = {}) {
  const clock = new SystemClock();
  const logger = new RecordingLogger();
  const positions = new SourcePositions();
  const facts = factsOf(process);
  const sampler = new HeapSampler({ clock, logger });
  const tasks = new TaskRegistryImpl({}, { clock, positions });
  const deps = { clock, positions, process: facts, sampler, tasks };
  const profiler = new ProfilerImpl(options, {
    ...deps,
    profiles: [
      new GoroutineProfile(deps),
      new HeapProfile('heap', deps),
      new HeapProfile('allocs', deps),
      new ThreadcreateProfile(deps),
      new ContentionProfile('block', deps),
      new ContentionProfile('mutex', deps),
    ],
  });
  return { profiler, sampler, tasks, logger, clock, close: () => sampler.stop() };
}

/** Keeps this thread busy, a few milliseconds of every five, until the returned function is called. */
export function keepBusy(): () => void {
  const timer = setInterval(burnInHotFunction, 5);
  return () => clearInterval(timer);
}

/** What a profile of a busy process must name. */
function burnInHotFunction(): number {
  const end = performance.now() + 4;
  let sum = 0;
  while (performance.now() < end) for (let i = 0; i < 1_000; i += 1) sum += Math.sqrt(sum + i);
  return sum;
}
