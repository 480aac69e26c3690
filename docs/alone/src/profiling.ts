import { factsOf, ProfilerImpl, SourcePositions } from '@steppe/profiling';
import { SystemClock } from '@steppe/runtime';
import { gunzipSync } from 'node:zlib';

const deps = { clock: new SystemClock(), process: factsOf(process), positions: new SourcePositions(), profiles: [] };
const profiler = new ProfilerImpl({}, deps);

function sortNumbers(): void {
  Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 20_011).sort((a, b) => a - b);
}

const work = setInterval(sortNumbers, 1);
const { bytes } = await profiler.profile({ seconds: 1 });
clearInterval(work);

// What `go tool pprof -top` reads; its table of strings names every function.
const profile = gunzipSync(bytes).toString('latin1');
console.log(profile.includes('sortNumbers'), profile.includes('nanoseconds'));
