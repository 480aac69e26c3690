import type { GossipAddress } from '../transport/transport.js';
import type { LamportTime } from '../wire/serf-message.js';

/** What a snapshot remembers of an earlier life. */
export interface SnapshotState {
  /** Members last known to be alive, by name, the one written last at the end. */
  readonly alive: ReadonlyMap<string, GossipAddress>;
  readonly clock: LamportTime;
  readonly eventClock: LamportTime;
  readonly queryClock: LamportTime;
}

const CLOCKS = { clock: 'clock', 'event-clock': 'eventClock', 'query-clock': 'queryClock' } as const;

/**
 * Reads a snapshot of ours or of a serf agent. Lines that make no sense are skipped, the last one when a crash cut it;
 * the torn line lacks its line feed.
 * @param options.rejoinAfterLeave - whether to go back to a pool that we left on purpose
 * @see spec section 4.12
 */
export function parseSnapshot(text: string, options: { readonly rejoinAfterLeave: boolean }): SnapshotState {
  const alive = new Map<string, GossipAddress>();
  const clocks = { clock: 0, eventClock: 0, queryClock: 0 };
  const lines = text.split('\n');
  lines.pop();
  for (const line of lines) {
    const [, key = line, value = ''] = /^([a-z-]+): (.*)$/.exec(line) ?? [];
    if (key === 'alive') {
      const member = parseAlive(value);
      if (member === undefined) continue;
      alive.delete(member.name);
      alive.set(member.name, member.address);
    } else if (key === 'not-alive') {
      alive.delete(value);
    } else if (key === 'leave') {
      if (options.rejoinAfterLeave) continue;
      alive.clear();
      clocks.clock = clocks.eventClock = clocks.queryClock = 0;
    } else if (Object.hasOwn(CLOCKS, key) && /^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))) {
      clocks[CLOCKS[key as keyof typeof CLOCKS]] = Number(value);
    }
  }
  return { alive, ...clocks };
}

export function formatSnapshot(state: SnapshotState): string {
  return [
    ...Array.from(state.alive, ([name, address]) => aliveLine(name, address)),
    clockLine('clock', state.clock),
    clockLine('event-clock', state.eventClock),
    clockLine('query-clock', state.queryClock),
  ].join('');
}

export const aliveLine = (name: string, { host, port }: GossipAddress): string =>
  `alive: ${name} ${host.includes(':') ? `[${host}]` : host}:${port}\n`;

export const notAliveLine = (name: string): string => `not-alive: ${name}\n`;

export const clockLine = (clock: keyof typeof CLOCKS, time: LamportTime): string => `${clock}: ${time}\n`;

export const LEAVE_LINE = 'leave\n';

/** `name host:port`; names may hold spaces, so the last one divides. */
function parseAlive(value: string): { readonly name: string; readonly address: GossipAddress } | undefined {
  const match = /^(?<name>.+) (?:\[(?<v6>[^\]\s]+)\]|(?<v4>[^\s:]+)):(?<port>\d{1,5})$/.exec(value)?.groups;
  if (match?.['name'] === undefined) return undefined;
  return {
    name: match['name'],
    address: { host: (match['v6'] ?? match['v4']) as string, port: Number(match['port']) },
  };
}
