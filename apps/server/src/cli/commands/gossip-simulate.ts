import { performance } from 'node:perf_hooks';
import type { Distribution, SimulationReport } from '@steppe/gossip/simulation';
import { simulate } from '@steppe/gossip/simulation';
import { defineCommand, UsageError } from '../command.js';
import { formatColumns } from '../format/columns.js';
import { SIMULATION_FLAGS, simulationOptions } from './simulation-flags.js';

/** Steppe's own: a whole pool of the production code, in virtual time. */
export const gossipSimulate = defineCommand({
  flags: { ...SIMULATION_FLAGS, json: { kind: 'bool', usage: 'print the report as JSON' } },
  takes: '',
  help: 'Runs a gossip pool in virtual time, on a simulated network, and reports how well it did. The same seed gives the same report, but for the real time.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError(`This command takes no arguments: ${args[0]}`);
    const options = simulationOptions(flags);
    const started = performance.now();
    const report = await simulate(options);
    const realMs = Math.round(performance.now() - started);
    io.writeOut(
      flags.json === true ? `${JSON.stringify({ ...report, realMs }, undefined, 2)}\n` : text(report, realMs),
    );
    return 0;
  },
});

function text(report: SimulationReport, realMs: number): string {
  const { expectedDetection: expected } = report;
  const rows: (readonly [string, string])[] = [
    ['Members', `${report.nodes}, seed ${report.seed}, ${seconds(report.durationMs)} of virtual time`],
    ['Everybody sees everybody', since(report.convergedMs)],
  ];
  if (report.killed > 0) {
    rows.push(
      ['Killed', `${report.killed}, of them not seen failed by everybody ${report.undetected}`],
      ['Detection, first', spread(report.firstDetection)],
      ['Detection, everybody', spread(report.detection)],
      [
        'Expected, first',
        `${seconds(expected.earliestMs)} to ${seconds(expected.latestMs)}, on average ${seconds(expected.typicalMs)}`,
      ],
    );
  }
  rows.push(
    ['Live members suspected', `${report.falseSuspicions}, refutations ${report.refutations}`],
    ['Live members declared failed', `${report.falseDeaths}, seen ${report.falseDeathReports} times`],
  );
  if (report.healedMs.length > 0) {
    rows.push(
      ['Failures across partitions', `${report.cutOffReports}`],
      ['Whole again after a partition', report.healedMs.map(since).join(', ')],
    );
  }
  if (report.events > 0) {
    rows.push(
      ['Events', `${report.events}, missed ${report.eventsMissed}, repeated ${report.eventsRepeated}`],
      ['Event dissemination', spread(report.dissemination)],
      ['Expected dissemination', seconds(report.expectedDisseminationMs)],
    );
  }
  for (const [when, { packetsPerSecond, bytesPerSecond }] of [
    ['joining', report.joinTraffic],
    ['after that', report.traffic],
  ] as const) {
    rows.push([
      `Per member and second, ${when}`,
      `${packetsPerSecond.toFixed(2)} messages, ${bytesPerSecond.toFixed(0)} bytes`,
    ]);
  }
  rows.push(['Real time', seconds(realMs)]);
  return `${formatColumns(rows.map((row) => [...row]))}\n`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)}s`;
const since = (ms: number | undefined): string => (ms === undefined ? 'not in time' : `after ${seconds(ms)}`);
const spread = (values: Distribution | undefined): string =>
  values === undefined
    ? 'none'
    : `min ${seconds(values.min)}, median ${seconds(values.median)}, p99 ${seconds(values.p99)}, max ${seconds(values.max)}`;
