import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type Profiler = core.Profiler;
export const Profiler = token<core.Profiler>('@steppe/profiling/Profiler');

export type ProfilerOptions = core.ProfilerOptions &
  core.SourcePositionsOptions &
  core.ProfileHistoryOptions &
  core.StallWatchOptions;
export const ProfilerOptions = token<ProfilerOptions>('@steppe/profiling/ProfilerOptions');

/** Port: what profiles tell about the process; the assembly binds `factsOf(process)`. */
export type ProcessFacts = core.ProcessFacts;
export const ProcessFacts = token<core.ProcessFacts>('@steppe/profiling/ProcessFacts');

export type TaskRegistry = core.TaskRegistry;
export const TaskRegistry = token<core.TaskRegistry>('@steppe/profiling/TaskRegistry');

/** The CPU profiles of the last minutes, where they are kept; also a `Startable`. */
export type ProfileHistory = core.ProfileHistory;
export const ProfileHistory = token<core.ProfileHistory>('@steppe/profiling/ProfileHistory');

/** What watches the event loop, where that is switched on; also a `Startable`. */
export type StallWatch = core.StallWatch;
export const StallWatch = token<core.StallWatch>('@steppe/profiling/StallWatch');

/** The one owner of V8's heap sampler. */
export type HeapSampler = core.HeapSampler;
export const HeapSampler = token<core.HeapSampler>('@steppe/profiling/HeapSampler');

export type SourcePositions = core.SourcePositions;
export const SourcePositions = token<core.SourcePositions>('@steppe/profiling/SourcePositions');

/** Contribution point: profiles by name. The key is the name. */
export type ProfileContribution = core.ProfileContribution;
export const ProfileContribution = token<core.ProfileContribution>('@steppe/profiling/ProfileContribution');

/** The built-in profiler, for wrapping. */
export const DefaultProfiler = token<core.Profiler>('@steppe/profiling/DefaultProfiler');

/** The built-in task registry, for wrapping. */
export const DefaultTaskRegistry = token<core.TaskRegistry>('@steppe/profiling/DefaultTaskRegistry');

/** The built-in profile `goroutine`. */
export const GoroutineProfile = token<core.ProfileContribution>('@steppe/profiling/GoroutineProfile');

/** The built-in profile `heap`. */
export const HeapProfile = token<core.ProfileContribution>('@steppe/profiling/HeapProfile');

/** The built-in profile `allocs`. */
export const AllocsProfile = token<core.ProfileContribution>('@steppe/profiling/AllocsProfile');

/** The built-in profile `threadcreate`. */
export const ThreadcreateProfile = token<core.ProfileContribution>('@steppe/profiling/ThreadcreateProfile');

/** The built-in profile `block`. */
export const BlockProfile = token<core.ProfileContribution>('@steppe/profiling/BlockProfile');

/** The built-in profile `mutex`. */
export const MutexProfile = token<core.ProfileContribution>('@steppe/profiling/MutexProfile');
