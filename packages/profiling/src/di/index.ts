export { profilingModule } from './module.js';
export {
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
  Profiler,
  ProfilerOptions,
  SourcePositions,
  TaskRegistry,
  ThreadcreateProfile,
} from './tokens.js';
