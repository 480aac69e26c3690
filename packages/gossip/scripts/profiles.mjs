// How fast each timing profile finds a dead server, and how often it takes a live one for dead: virtual time, the same
// table from the same seeds. `npm run profiles -- [seeds] [pool sizes, comma-separated] [first seed]`. Needs a build.
import { LAN_TIMING, SERVER_TIMING, WAN_TIMING } from '../dist/index.js';
import { simulate } from '../dist/simulation/index.js';

const seeds = Number(process.argv[2] ?? 4);
const sizes = (process.argv[3] ?? '3,5,7,15,50').split(',').map(Number);
const first = Number(process.argv[4] ?? 1);
const PROFILES = { server: SERVER_TIMING, lan: LAN_TIMING, wan: WAN_TIMING };
const LINKS = {
  '1 ms': { latencyMs: 0.5, jitterMs: 0 },
  '150 ms': { latencyMs: 75, jitterMs: 0 },
  '300-420 ms': { latencyMs: 150, jitterMs: 60 },
};
const LOSSES = [0, 0.05, 0.1, 0.2];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const row = (...cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

row('RTT', 'loss', 'profile', 'runs', 'detection, median', 'longest', 'live servers suspected', 'live servers failed');
row('---', '--:', '---', '--:', '--:', '--:', '--:', '--:');
for (const [rtt, link] of Object.entries(LINKS)) {
  for (const lossRate of LOSSES) {
    for (const [profile, timing] of Object.entries(PROFILES)) {
      const found = [];
      let [runs, suspected, failed, longest] = [0, 0, 0, 0];
      for (const nodes of sizes) {
        for (let seed = first; seed < first + seeds; seed += 1) {
          const report = await simulate({
            nodes,
            seed,
            timing,
            durationMs: 120_000,
            network: { ...link, lossRate },
            // In every other run one server is slow. A pool of three keeps all, for its quorum.
            ...(nodes > 3 && { kill: { members: 1, atMs: 60_000 } }),
            ...(nodes > 3 && seed % 2 === 0 && { slow: { members: 1, delayMs: 400 } }),
          });
          runs += 1;
          suspected += report.falseSuspicions;
          failed += report.falseDeaths;
          if (report.detection === undefined) continue;
          found.push(report.detection.median);
          longest = Math.max(longest, report.detection.max);
        }
      }
      const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
      row(
        rtt,
        `${lossRate * 100} %`,
        profile,
        runs,
        found.length === 0 ? 'not in time' : seconds(median(found)),
        seconds(longest),
        suspected,
        failed,
      );
    }
  }
}
