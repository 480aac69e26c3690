import type { Clock } from '@steppe/runtime';
import { collectByKey } from '@steppe/runtime';
import { captureCpu } from '../cpu/cpu-capture.js';
import { CPU_INTERVAL_MS, cpuProfile } from '../cpu/cpu-profile.js';
import { profilingError } from '../errors.js';
import { encodePprof } from '../stack/pprof-encoder.js';
import type { SourcePositions } from '../stack/source-positions.js';
import { captureTrace } from '../trace/trace-capture.js';
import type { ProcessFacts } from './process-facts.js';
import type { ProfileContribution } from './profile-contribution.js';
import { captureMs } from './profile-integer.js';
import type { CaptureOptions, LookupOptions, ProfileResult, Profiler } from './profiler.js';

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

  async profile({ seconds, signal = never() }: CaptureOptions = {}): Promise<ProfileResult> {
    if (this.#profiling) throw profilingError({ code: 'CPU_PROFILE_RUNNING' }, 'cpu profiling already in use');
    // Before the first await: of two requests in one turn of the loop one must be refused.
    this.#profiling = true;
    try {
      const { clock, positions } = this.#deps;
      const timeMs = clock.now();
      const start = clock.monotonic();
      const durationMs = captureMs(seconds, this.#maxSeconds);
      const threads = await captureCpu({ durationMs, intervalMs: CPU_INTERVAL_MS }, { clock, signal });
      const profile = cpuProfile(threads, positions, { timeMs, durationMs: clock.monotonic() - start });
      return { bytes: await encodePprof(profile), contentKind: 'binary', filename: 'profile' };
    } finally {
      this.#profiling = false;
    }
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

  async lookup(name: string, { debug = 0, gc = 0, signal = never() }: LookupOptions = {}): Promise<ProfileResult> {
    const profile = this.#profiles.get(name);
    if (profile === undefined) {
      const message = `Pprof profile not found profile: ${name}`;
      throw profilingError({ code: 'PROFILE_UNKNOWN', profile: name }, message);
    }
    const bytes = await profile.collect({ debug, gc, signal });
    // Nomad: a negative `debug` is announced as text although most profiles then are binary.
    return debug === 0 ? { bytes, contentKind: 'binary', filename: name } : { bytes, contentKind: 'text' };
  }
}

/** A signal that never aborts. */
const never = (): AbortSignal => new AbortController().signal;
