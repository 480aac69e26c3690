import { Clock, Logger, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { ContentionProfile } from '../contention/contention-profile.js';
import { GoroutineProfile as GoroutineProfileImpl } from '../goroutine/goroutine-profile.js';
import { TaskRegistryImpl } from '../goroutine/task-registry.js';
import { HeapProfile as HeapProfileImpl } from '../heap/heap-profile.js';
import { HeapSampler as HeapSamplerImpl } from '../heap/heap-sampler.js';
import { ProfileHistory as ProfileHistoryImpl } from '../history/profile-history.js';
import { ProfilerImpl } from '../profiler/profiler-impl.js';
import { SourcePositions as SourcePositionsImpl } from '../stack/source-positions.js';
import { StallWatch as StallWatchImpl } from '../stall/stall-watch.js';
import { ThreadcreateProfile as ThreadcreateProfileImpl } from '../threads/threadcreate-profile.js';
import {
  AllocsProfile,
  BlockProfile,
  DefaultProfiler,
  DefaultTaskRegistry,
  GoroutineProfile,
  HeapProfile,
  HeapSampler,
  MutexProfile,
  ProcessFacts,
  ProfileContribution,
  ProfileHistory,
  Profiler,
  ProfilerOptions,
  SourcePositions,
  StallWatch,
  TaskRegistry,
  ThreadcreateProfile,
} from './tokens.js';

/** Binds the profiler and its named profiles; the assembly binds `ProfilerOptions` and `ProcessFacts`. */
export const profilingModule = new ContainerModule(({ bind }) => {
  bind(SourcePositions)
    .toResolvedValue((options: ProfilerOptions) => new SourcePositionsImpl(options), [ProfilerOptions])
    .inSingletonScope();
  bind(DefaultTaskRegistry)
    .toResolvedValue(
      (clock: Clock, positions: SourcePositions) => new TaskRegistryImpl({}, { clock, positions }),
      [Clock, SourcePositions],
    )
    .inSingletonScope();
  bind(TaskRegistry).toService(DefaultTaskRegistry);
  bind(HeapSampler)
    .toResolvedValue(
      (clock: Clock, logger: Logger) => new HeapSamplerImpl({ clock, logger: logger.named('agent.profiling') }),
      [Clock, Logger],
    )
    .inSingletonScope();
  const watching = [ProfilerOptions, Clock, Logger, SourcePositions] as const;
  bind(ProfileHistory)
    .toResolvedValue(
      (options: ProfilerOptions, clock: Clock, logger: Logger, positions: SourcePositions) =>
        new ProfileHistoryImpl(options, { clock, logger: logger.named('agent.profiling'), positions }),
      [...watching],
    )
    .inSingletonScope();
  bind(StallWatch)
    .toResolvedValue(
      (options: ProfilerOptions, clock: Clock, logger: Logger, positions: SourcePositions) =>
        new StallWatchImpl(options, { clock, logger: logger.named('agent.profiling'), positions }),
      [...watching],
    )
    .inSingletonScope();
  for (const part of [HeapSampler, ProfileHistory, StallWatch]) bind(Startable).toService(part);

  bind(GoroutineProfile)
    .toResolvedValue(
      (tasks: TaskRegistry, process: ProcessFacts, positions: SourcePositions, clock: Clock) =>
        new GoroutineProfileImpl({ tasks, process, positions, clock }),
      [TaskRegistry, ProcessFacts, SourcePositions, Clock],
    )
    .inSingletonScope();
  for (const [contribution, name] of [
    [HeapProfile, 'heap'],
    [AllocsProfile, 'allocs'],
  ] as const) {
    bind(contribution)
      .toResolvedValue(
        (sampler: HeapSampler, positions: SourcePositions, process: ProcessFacts, clock: Clock) =>
          new HeapProfileImpl(name, { sampler, positions, process, clock }),
        [HeapSampler, SourcePositions, ProcessFacts, Clock],
      )
      .inSingletonScope();
  }
  bind(ThreadcreateProfile)
    .toResolvedValue(
      (process: ProcessFacts, clock: Clock) => new ThreadcreateProfileImpl({ process, clock }),
      [ProcessFacts, Clock],
    )
    .inSingletonScope();
  bind(BlockProfile)
    .toResolvedValue(
      (clock: Clock, contentions: StallWatch) => new ContentionProfile('block', { clock, contentions }),
      [Clock, StallWatch],
    )
    .inSingletonScope();
  bind(MutexProfile)
    .toResolvedValue((clock: Clock) => new ContentionProfile('mutex', { clock }), [Clock])
    .inSingletonScope();
  for (const builtIn of [
    GoroutineProfile,
    HeapProfile,
    AllocsProfile,
    ThreadcreateProfile,
    BlockProfile,
    MutexProfile,
  ]) {
    bind(ProfileContribution).toService(builtIn);
  }

  bind(DefaultProfiler)
    .toResolvedValue(
      (
        options: ProfilerOptions,
        clock: Clock,
        process: ProcessFacts,
        positions: SourcePositions,
        history: ProfileHistory,
        profiles: ProfileContribution[],
      ) => new ProfilerImpl(options, { clock, process, positions, history, profiles }),
      [
        ProfilerOptions,
        Clock,
        ProcessFacts,
        SourcePositions,
        ProfileHistory,
        { serviceIdentifier: ProfileContribution, isMultiple: true },
      ],
    )
    .inSingletonScope();
  bind(Profiler).toService(DefaultProfiler);
});
