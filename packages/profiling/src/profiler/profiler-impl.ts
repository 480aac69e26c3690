import type { Clock } from '@steppe/runtime';
import { collectByKey, sleep } from '@steppe/runtime';
import { profileDifference } from '../compare/profile-difference.js';
import { MAIN_THREAD, captureCpu } from '../cpu/cpu-capture.js';
import { CPU_INTERVAL_MS, cpuProfile } from '../cpu/cpu-profile.js';
import { profilingError } from '../errors.js';
import { formatProfile } from '../format/profile-format.js';
import type { ProfileFormat, StackFormat } from '../format/profile-format.js';
import { v8CpuProfile } from '../format/v8-cpu-profile.js';
import type { ProfileHistory } from '../history/profile-history.js';
import type { StackProfile } from '../stack/stack-profile.js';
import type { SourcePositions } from '../stack/source-positions.js';
import { captureTrace } from '../trace/trace-capture.js';
import type { ProcessFacts } from './process-facts.js';
import type { ProfileContribution } from './profile-contribution.js';
import { captureMs } from './profile-integer.js';
import type { CaptureOptions, CpuCaptureRequest, LookupOptions, ProfileResult, Profiler } from './profiler.js';

export interface ProfilerOptions {
  /** Longest capture, seconds; default 600. Differs from Nomad, which has no limit. */
  readonly maxSeconds?: number;
  /** Largest trace, bytes of JSON; default 64 MiB. */
  readonly maxTraceBytes?: number;
}

export interface ProfilerDeps {
  readonly clock: Clock;
  readonly process: ProcessFacts;
  readonly positions: SourcePositions;
  /** Default: none is kept. */
  readonly history?: ProfileHistory;
  /** The named profiles; two of one name are refused. */
  readonly profiles: readonly ProfileContribution[];
}

/** The profiler of a process. V8 would allow several captures of a kind at once; the wire contract allows one. */
export class ProfilerImpl implements Profiler {
  readonly names: readonly string[];
  readonly #maxSeconds: number;
  readonly #maxTraceBytes: number;
  readonly #deps: ProfilerDeps;
  readonly #profiles: ReadonlyMap<string, ProfileContribution>;
  #profiling = false;
  #tracing = false;

  constructor(options: ProfilerOptions, deps: ProfilerDeps) {
    this.#maxSeconds = options.maxSeconds ?? 600;
    this.#maxTraceBytes = options.maxTraceBytes ?? 64 * 1024 * 1024;
    this.#deps = deps;
    this.#profiles = collectByKey('ProfileContribution', deps.profiles, (profile) => profile.name);
    this.names = [...this.#profiles.keys()].sort();
  }

  cmdline(): ProfileResult {
    return { bytes: Buffer.from(this.#deps.process.argv.join('\0')), contentKind: 'text' };
  }

  async profile({ seconds, format = 'pprof', signal = never() }: CpuCaptureRequest = {}): Promise<ProfileResult> {
    if (this.#profiling) throw profilingError({ code: 'CPU_PROFILE_RUNNING' }, 'cpu profiling already in use');
    // Before the first await: of two requests in one turn of the loop one must be refused.
    this.#profiling = true;
    try {
      const { clock, positions } = this.#deps;
      const timeMs = clock.now();
      const start = clock.monotonic();
      const durationMs = captureMs(seconds, this.#maxSeconds);
      const threads = await captureCpu({ durationMs, intervalMs: CPU_INTERVAL_MS }, { clock, signal });
      if (format === 'cpuprofile') {
        const main = threads.find(({ thread }) => thread === MAIN_THREAD);
        const bytes = main === undefined ? '' : JSON.stringify(v8CpuProfile(main.profile, positions));
        return { bytes: Buffer.from(bytes), contentKind: 'binary', filename: 'profile.cpuprofile' };
      }
      const facts = { timeMs, durationMs: clock.monotonic() - start, intervalMs: CPU_INTERVAL_MS };
      return await formatProfile(cpuProfile(threads, positions, facts), format, 'profile');
    } finally {
      this.#profiling = false;
    }
  }

  async past(sinceMs: number, format: ProfileFormat = 'pprof'): Promise<ProfileResult> {
    const stackFormat = stackFormatOf(format, 'the past');
    const { history } = this.#deps;
    if (history === undefined) {
      throw profilingError({ code: 'PROFILE_HISTORY_OFF' }, 'no profiles of the past are kept');
    }
    return formatProfile(await history.since(sinceMs), stackFormat, 'profile');
  }

  async trace({ seconds, signal = never() }: CaptureOptions = {}): Promise<ProfileResult> {
    if (this.#tracing) throw profilingError({ code: 'TRACE_RUNNING' }, 'execution tracer already enabled');
    this.#tracing = true;
    try {
      const options = { durationMs: captureMs(seconds, this.#maxSeconds), maxBytes: this.#maxTraceBytes };
      const bytes = await captureTrace(options, { clock: this.#deps.clock, signal });
      return { bytes, contentKind: 'binary', filename: 'trace' };
    } finally {
      this.#tracing = false;
    }
  }

  async lookup(
    name: string,
    { debug = 0, gc = 0, deltaSeconds = 0, format = 'pprof', signal = never() }: LookupOptions = {},
  ): Promise<ProfileResult> {
    const profile = this.#profiles.get(name);
    if (profile === undefined) {
      const message = `Pprof profile not found profile: ${name}`;
      throw profilingError({ code: 'PROFILE_UNKNOWN', profile: name }, message);
    }
    const stackFormat = stackFormatOf(format, name);
    if (debug !== 0 && stackFormat !== 'pprof') {
      throw profilingError({ code: 'PROFILE_FORMAT_INVALID', format }, 'format and debug exclude each other');
    }
    const collect = (): Promise<StackProfile | string> => profile.collect({ debug, gc, signal });
    const collected = deltaSeconds > 0 ? await this.#change(collect, deltaSeconds, signal) : await collect();
    if (typeof collected === 'string') return { bytes: Buffer.from(collected), contentKind: 'text' };
    const formatted = await formatProfile(collected, stackFormat, name);
    // Nomad: a negative `debug` is announced as text although most profiles then are binary.
    return debug === 0 ? formatted : { bytes: formatted.bytes, contentKind: 'text' };
  }

  async #change(
    collect: () => Promise<StackProfile | string>,
    seconds: number,
    signal: AbortSignal,
  ): Promise<StackProfile | string> {
    const base = await collect();
    const durationMs = captureMs(seconds, this.#maxSeconds);
    await sleep(this.#deps.clock, durationMs, { signal });
    const profile = await collect();
    if (typeof base === 'string' || typeof profile === 'string') return profile;
    return { ...profileDifference(base, profile), durationMs };
  }
}

function stackFormatOf(format: ProfileFormat, what: string): StackFormat {
  if (format !== 'cpuprofile') return format;
  const message = `invalid format "cpuprofile": only a new CPU profile has it, not ${what}`;
  throw profilingError({ code: 'PROFILE_FORMAT_INVALID', format }, message);
}

/** A signal that never aborts. */
const never = (): AbortSignal => new AbortController().signal;
