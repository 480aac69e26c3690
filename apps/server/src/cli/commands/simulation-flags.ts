import type { FlagTable, FlagValues } from '@steppe/config';
import { errorMessage, parseGoDuration } from '@steppe/domain';
import type { MemberlistTiming } from '@steppe/gossip';
import { LAN_TIMING, LOCAL_TIMING, SERVER_TIMING, WAN_TIMING } from '@steppe/gossip';
import type { SimulatedPartition, SimulationOptions } from '@steppe/gossip/simulation';
import { UsageError } from '../command.js';

export const SIMULATION_FLAGS = {
  nodes: { kind: 'int', usage: 'members of the pool, 2 to 5000; default 100' },
  seed: { kind: 'int', usage: 'the same seed gives the same run; default 1' },
  profile: {
    kind: 'string',
    usage: 'timing: server, lan, wan or local; default server, and lan in pools larger than servers form',
  },
  duration: { kind: 'string', usage: 'virtual time after everybody has joined; default 1m' },
  loss: { kind: 'string', usage: 'share of datagrams lost, such as 5% or 0.05' },
  latency: { kind: 'string', usage: 'time a datagram takes; default 1ms' },
  jitter: { kind: 'string', usage: 'up to so much more' },
  duplicate: { kind: 'string', usage: 'share of datagrams that arrive twice' },
  reorder: { kind: 'string', usage: 'share of datagrams held back' },
  partition: {
    kind: 'strings',
    usage: 'A:B@START+LENGTH: so many members on each side (shares such as 30%:70%, or counts); may be repeated',
  },
  kill: { kind: 'string', usage: 'COUNT[@START]: members that die at once; default start 10s' },
  slow: { kind: 'string', usage: 'COUNT[:DELAY]: members that everything reaches late; default delay 700ms' },
  events: { kind: 'int', usage: 'user events to send during the run' },
} as const satisfies FlagTable;

const PROFILES: Readonly<Record<string, MemberlistTiming>> = {
  server: SERVER_TIMING,
  lan: LAN_TIMING,
  wan: WAN_TIMING,
  local: LOCAL_TIMING,
};
const MAX_NODES = 5_000;
/** Far beyond any pool of servers: the server profile would spend what only small pools can afford. */
const MAX_SERVERS = 50;
const MAX_EVENTS = 1_000;
const MAX_DURATION_MS = 24 * 3_600_000;
const DEFAULT_DURATION_MS = 60_000;
const DEFAULT_KILL_MS = 10_000;
const DEFAULT_SLOW_MS = 700;
/** Members that the others join through, and that are therefore neither killed nor slow. */
const CONTACTS = 3;

/** What the flags ask for. @throws UsageError naming flag and value */
export function simulationOptions(flags: FlagValues<typeof SIMULATION_FLAGS>): SimulationOptions {
  const nodes = integer('nodes', flags.nodes ?? 100, 2, MAX_NODES);
  const { profile = nodes > MAX_SERVERS ? 'lan' : 'server' } = flags;
  const timing = Object.hasOwn(PROFILES, profile) ? PROFILES[profile] : undefined;
  if (timing === undefined) throw bad('profile', profile, `there is ${Object.keys(PROFILES).join(', ')}`);
  const kill = flags.kill === undefined ? undefined : killed(flags.kill, nodes);
  const slow = flags.slow === undefined ? undefined : slowed(flags.slow, nodes - (kill?.members ?? 0));
  return {
    nodes,
    seed: integer('seed', flags.seed ?? 1, 0, 2 ** 32 - 1),
    timing,
    durationMs: duration('duration', flags.duration, DEFAULT_DURATION_MS),
    network: {
      lossRate: share('loss', flags.loss),
      latencyMs: duration('latency', flags.latency, 1),
      jitterMs: duration('jitter', flags.jitter, 0),
      duplicateRate: share('duplicate', flags.duplicate),
      reorderRate: share('reorder', flags.reorder),
    },
    partitions: (flags.partition ?? []).map((text) => partition(text, nodes)),
    events: integer('events', flags.events ?? 0, 0, MAX_EVENTS),
    ...(kill && { kill }),
    ...(slow && { slow }),
  };
}

function bad(flag: string, value: string | number, why: string): UsageError {
  return new UsageError(`invalid value "${value}" for flag -${flag}: ${why}`);
}

function integer(flag: string, value: number, min: number, max: number): number {
  if (value < min || value > max) throw bad(flag, value, `must be from ${min} to ${max}`);
  return value;
}

function duration(flag: string, text: string | undefined, otherwise: number, given = text): number {
  if (text === undefined) return otherwise;
  let ms: number;
  try {
    ms = Number(parseGoDuration(text)) / 1_000_000;
  } catch (error) {
    throw bad(flag, given ?? text, errorMessage(error));
  }
  if (ms < 0 || ms > MAX_DURATION_MS) throw bad(flag, given ?? text, 'must be from 0s to 24h');
  return ms;
}

function share(flag: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const value = /^\d+(\.\d*)?%$/.test(text)
    ? Number.parseFloat(text) / 100
    : /^\d*\.?\d+$/.test(text)
      ? Number(text)
      : NaN;
  if (!(value >= 0 && value <= 1)) throw bad(flag, text, 'must be a share such as 5% or 0.05');
  return value;
}

function members(flag: string, text: string, count: string, max: number): number {
  const value = /^\d{1,6}$/.test(count) ? Number(count) : 0;
  if (value < 1 || value > max) throw bad(flag, text, `must name 1 to ${max} members`);
  return value;
}

function killed(text: string, nodes: number): NonNullable<SimulationOptions['kill']> {
  const [count = '', at, ...more] = text.split('@');
  if (more.length > 0) throw bad('kill', text, 'must be COUNT or COUNT@START');
  return {
    members: members('kill', text, count, Math.max(1, nodes - CONTACTS)),
    atMs: duration('kill', at, DEFAULT_KILL_MS, text),
  };
}

function slowed(text: string, nodes: number): NonNullable<SimulationOptions['slow']> {
  const [count = '', delay, ...more] = text.split(':');
  if (more.length > 0) throw bad('slow', text, 'must be COUNT or COUNT:DELAY');
  return {
    members: members('slow', text, count, Math.max(1, nodes - CONTACTS)),
    delayMs: duration('slow', delay, DEFAULT_SLOW_MS, text),
  };
}

function partition(text: string, nodes: number): SimulatedPartition {
  const [, a = '', b = '', start = '', length = ''] = /^([^:@+]+):([^:@+]+)@([^:@+]+)\+([^:@+]+)$/.exec(text) ?? [];
  if (length === '') throw bad('partition', text, 'must be A:B@START+LENGTH, such as 30%:70%@10s+30s');
  const sides = [a, b].map((side) => sideOf(side, nodes));
  const [first = NaN, second = NaN] = sides;
  const fits = first >= 1 && second >= 1 && Math.abs(first + second - nodes) <= (a.endsWith('%') ? 1 : 0);
  if (!fits) throw bad('partition', text, `the two sides must be the ${nodes} members`);
  return {
    members: Math.min(first, second),
    startMs: duration('partition', start, 0, text),
    lengthMs: duration('partition', length, 0, text),
  };
}

function sideOf(text: string, nodes: number): number {
  if (/^\d+(\.\d*)?%$/.test(text)) return Math.round((Number.parseFloat(text) / 100) * nodes);
  return /^\d{1,6}$/.test(text) ? Number(text) : NaN;
}
