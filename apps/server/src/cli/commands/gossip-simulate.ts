import { performance } from 'node:perf_hooks';
import type { Distribution, SimulationReport, TrafficRate } from '@steppe/gossip/simulation';
import { simulate } from '@steppe/gossip/simulation';
import { defineCommand, UsageError } from '../command.js';
import { formatColumns } from '../format/columns.js';
import { SIMULATION_FLAGS, simulationOptions } from './simulation-flags.js';

/** Steppe's own: a whole pool of the production code, in virtual time. */
export const gossipSimulate = defineCommand({
  flags: { ...SIMULATION_FLAGS, json: { kind: 'bool', usage: 'print the report as JSON' } },
  takes: '',
  help: 'Runs a gossip pool in virtual time, on a simulated network, and reports how well it did. The same seed gives the same report, to the byte.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError(`This command takes no arguments: ${args[0]}`);
    const options = simulationOptions(flags);
    const started = performance.now();
    const report = await simulate(options);
    io.writeOut(flags.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : text(report));
    // Not on the output, which is the same for the same seed.
    io.writeError(`real time ${seconds(performance.now() - started)}\n`);
    return 0;
  },
});

function text(report: SimulationReport): string {
  const rows: (readonly [string, string])[] = [
    ['Members', `${report.nodes}, seed ${report.seed}, ${seconds(report.durationMs)} of virtual time`],
    ['Start', report.start],
  ];
  if (report.start === 'join storm') rows.push(['Everybody sees everybody', since(report.convergedMs)]);
  if (report.killed > 0) rows.push(...detectionRows(report));
  const { minMs, maxMs } = report.suspicion;
  rows.push(
    ['Live members suspected', `${report.falseSuspicions}, refutations ${report.refutations}`],
    ['Suspicions wait', `${seconds(minMs)} to ${seconds(maxMs)} for a refutation`],
    ['Live members declared failed', `${report.falseDeaths}, seen ${report.falseDeathReports} times; expected 0`],
  );
  if (report.healedMs.length > 0) {
    rows.push(
      [
        'Failures by partitions',
        `seen ${report.cutOffReports} times, of them ${report.lateCutOffReports} after the end of the partition`,
      ],
      ['Whole again after a partition', report.healedMs.map(since).join(', ')],
    );
  }
  if (report.events > 0) {
    rows.push(
      ['Events', `${report.events}, missed ${report.eventsMissed}, repeated ${report.eventsRepeated}`],
      ['Event dissemination', spread(report.dissemination)],
    );
  }
  if (report.events > 0 || report.healedMs.length > 0) {
    rows.push(['News expected to reach everybody', `after ${seconds(report.expectedDisseminationMs)}`]);
  }
  if (report.joinTraffic !== undefined) rows.push(['Per member and second, joining', rate(report.joinTraffic)]);
  rows.push(
    ['Per member and second', rate(report.traffic)],
    ['Expected at rest', `${report.quietPacketsPerSecond.toFixed(2)} messages`],
  );
  return `${formatColumns(rows.map((row) => [...row]))}\n`;
}

function detectionRows(report: SimulationReport): (readonly [string, string])[] {
  const { killed, undetected, unnoticed, sinceKillMs = 0, expectedDetection: expected } = report;
  const notYet = `not yet detected, ${seconds(sinceKillMs)} after the end of the members`;
  return [
    [
      'Killed',
      `${killed}: seen failed by everybody ${killed - undetected}, by some ${undetected - unnoticed}, not yet detected ${unnoticed}`,
    ],
    ['Detection, first', spread(report.firstDetection, notYet)],
    ['Detection, everybody', spread(report.detection, notYet)],
    [
      'Expected, first',
      `${seconds(expected.earliestMs)} to ${seconds(expected.latestMs)}, on average ${seconds(expected.typicalMs)}, without loss`,
    ],
  ];
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)}s`;
const since = (ms: number | undefined): string => (ms === undefined ? 'not in time' : `after ${seconds(ms)}`);
const rate = ({ packetsPerSecond, bytesPerSecond }: TrafficRate): string =>
  `${packetsPerSecond.toFixed(2)} messages, ${bytesPerSecond.toFixed(0)} bytes`;
const spread = (values: Distribution | undefined, none = 'none'): string =>
  values === undefined
    ? none
    : `min ${seconds(values.min)}, median ${seconds(values.median)}, p99 ${seconds(values.p99)}, max ${seconds(values.max)}`;
