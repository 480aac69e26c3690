// Logs for a while at a steady rate, in bursts, with readers of every kind: `npm run soak -- [-seconds=60] [-rate=5000]`. Needs a
// build. Fails when a reader that keeps up loses a line, a reader that comes back misses or repeats one, or memory grows without end.
import { SystemClock } from '@steppe/runtime';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FollowStream, LogHubImpl, LogRing, MonitorStream } from '../dist/index.js';

const { values } = parseArgs({
  args: process.argv.slice(2).map((word) => word.replace(/^-(?=\w)/, '--')),
  options: { seconds: { type: 'string', default: '60' }, rate: { type: 'string', default: '5000' } },
});
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const BURST_MS = 20;
const RING_BYTES = 32 * 1024 * 1024;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

const clock = new SystemClock();
const folder = mkdtempSync(join(tmpdir(), 'steppe-soak-'));
const ring = new LogRing({ path: folder, maxBytes: RING_BYTES, maxAgeMs: 0 }, { clock });
const hub = new LogHubImpl({ level: 'info' }, { clock });
hub.addRecordSink(ring);
const problems = [];
const leave = new AbortController();

/** Counts lines; a report of a loss counts as that many lost. */
function countingSink() {
  const sink = {
    lines: 0,
    lost: 0,
    write: (bytes) => {
      for (const line of Buffer.from(bytes).toString().split('\n').slice(0, -1)) {
        const lost = /Monitor dropped (\d+) logs/.exec(line)?.[1];
        if (lost === undefined) sink.lines += 1;
        else sink.lost += Number(lost);
      }
      return true;
    },
    onDrain: () => undefined,
  };
  return sink;
}

const { signal } = leave;
const monitors = Array.from({ length: 4 }, countingSink);
const done = monitors.map((sink) =>
  new MonitorStream({ level: 'info', plain: true }, { hub, clock }).run(sink, { signal }),
);
const stalled = { write: () => false, onDrain: () => undefined };
done.push(new MonitorStream({ level: 'info' }, { hub, clock }).run(stalled, { signal }));
const follow = { level: 'info', json: false, location: false, follow: true, encoding: 'events' };
done.push(
  new FollowStream({ ...follow, start: { kind: 'now' } }, { hub, clock, history: ring }).run(stalled, { signal }),
);

/** A reader that leaves every second and comes back for what it has missed; every number is to come once, or within a gap. */
const resumed = { next: hub.nextSequence, lines: 0, gaps: 0, visits: 0 };
async function comeAndGo() {
  while (!signal.aborted) {
    const gone = new AbortController();
    clock.setTimer(1_000, () => gone.abort());
    const sink = {
      write: (bytes) => {
        for (const [, id, gap] of Buffer.from(bytes)
          .toString()
          .matchAll(/^id: (\d+)\n(event: gap\ndata: .*)?/gm)) {
          const from = gap === undefined ? Number(id) : Number(/"from":(\d+)/.exec(gap)?.[1]);
          if (from !== resumed.next)
            problems.push(`a reader that came back was given ${from} instead of ${resumed.next}`);
          resumed.next = Number(id) + 1;
          if (gap === undefined) resumed.lines += 1;
          else resumed.gaps += 1;
        }
        return true;
      },
      onDrain: () => undefined,
    };
    const stream = new FollowStream(
      { ...follow, start: { kind: 'sequence', sequence: resumed.next } },
      { hub, clock, history: ring },
    );
    await stream.run(sink, { signal: AbortSignal.any([signal, gone.signal]) });
    resumed.visits += 1;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
done.push(comeAndGo());

const log = hub.logger('soak');
let logged = 0;
const begun = performance.now();
let base;
while (performance.now() - begun < seconds * 1_000) {
  const due = Math.floor(((performance.now() - begun) / 1_000) * rate);
  for (; logged < due; logged += 1) log.info('line', { logged, peer: '10.0.0.7:4647', elapsed_ms: 1.5 });
  await new Promise((resolve) => setTimeout(resolve, BURST_MS));
  // What is made once has been made by then, and the buffers of the stalled are full.
  if (base === undefined && performance.now() - begun > Math.min(20, seconds / 2) * 1_000)
    base = process.memoryUsage.rss();
}
const grown = process.memoryUsage.rss() - (base ?? process.memoryUsage.rss());
await new Promise((resolve) => setTimeout(resolve, 2_500));
leave.abort();
await Promise.all(done);
await ring.close();

for (const { lines, lost } of monitors) {
  if (lines !== logged || lost !== 0)
    problems.push(`a reader that kept up has ${lines} of ${logged} lines, ${lost} reported lost`);
}
if (resumed.next !== hub.nextSequence)
  problems.push(`the reader that came back has got to ${resumed.next} of ${hub.nextSequence}`);
if (hub.subscribers !== 0) problems.push(`${hub.subscribers} subscriptions are left`);
if (grown > MAX_GROWTH_BYTES) problems.push(`memory has grown by ${Math.round(grown / 2 ** 20)} MiB`);
const disk = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
if (disk > RING_BYTES * 1.2) problems.push(`the ring has ${disk} bytes`);
rmSync(folder, { recursive: true });

process.stdout.write(
  `${logged} lines in ${seconds} s; ${monitors.length} readers kept up; one came back ${resumed.visits} times, with ` +
    `${resumed.lines} lines and ${resumed.gaps} gaps; ring ${(disk / 2 ** 20).toFixed(1)} MiB; ` +
    `memory +${(grown / 2 ** 20).toFixed(1)} MiB\n`,
);
for (const problem of new Set(problems.slice(0, 20))) process.stdout.write(`FAILED: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
