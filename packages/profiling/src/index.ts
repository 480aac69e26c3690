/**
 * Bounded captures of a running process in the formats of Go's pprof: CPU, heap, tasks and threads, and a trace.
 * @packageDocumentation
 */
export type {
  CaptureOptions,
  CpuCaptureRequest,
  LookupOptions,
  ProfileResult,
  Profiler,
} from './profiler/profiler.js';
export { ProfilerImpl } from './profiler/profiler-impl.js';
export type { ProfilerDeps, ProfilerOptions } from './profiler/profiler-impl.js';
export type { ProfileContribution, ProfileRequest } from './profiler/profile-contribution.js';
export { factsOf } from './profiler/process-facts.js';
export type { ProcessFacts } from './profiler/process-facts.js';
export { parseProfileInteger } from './profiler/profile-integer.js';

export { TaskRegistryImpl } from './goroutine/task-registry.js';
export type { RegisterTaskOptions, Task, TaskHandle, TaskRegistry } from './goroutine/task-registry.js';
export { GoroutineProfile } from './goroutine/goroutine-profile.js';
export type { GoroutineProfileDeps } from './goroutine/goroutine-profile.js';
export { HeapSampler } from './heap/heap-sampler.js';
export type { HeapSamplerDeps, HeapSnapshot } from './heap/heap-sampler.js';
export { HeapProfile } from './heap/heap-profile.js';
export type { HeapProfileDeps } from './heap/heap-profile.js';
export { ThreadcreateProfile } from './threads/threadcreate-profile.js';
export type { ThreadcreateProfileDeps } from './threads/threadcreate-profile.js';
export { ContentionProfile } from './contention/contention-profile.js';
export type { ContentionProfileDeps, Contentions } from './contention/contention-profile.js';
export { StallWatch } from './stall/stall-watch.js';
export type { StallWatchDeps, StallWatchOptions } from './stall/stall-watch.js';
export { ProfileHistory } from './history/profile-history.js';
export type { ProfileHistoryDeps, ProfileHistoryOptions } from './history/profile-history.js';

export { PROFILE_FORMATS, formatProfile, parseProfileFormat } from './format/profile-format.js';
export type { FormattedProfile, ProfileFormat, StackFormat } from './format/profile-format.js';
export { flameGraphPage } from './format/flame-graph-page.js';
export { profileDifference } from './compare/profile-difference.js';
export { topFunctions } from './compare/top-functions.js';
export type { TopFunction, TopFunctions } from './compare/top-functions.js';
export { decodePprof } from './stack/pprof-decoder.js';
export { encodePprof } from './stack/pprof-encoder.js';
export type { Frame, StackProfile, StackSample, ValueType } from './stack/stack-profile.js';
export { SourcePositions } from './stack/source-positions.js';
export type { SourceMapLookup } from './stack/source-map.js';
export type { CallFrame, SourcePositionsOptions } from './stack/source-positions.js';

export type { ProfilingError, ProfilingErrorDetail } from './errors.js';
