import { readdirSync } from 'node:fs';
import { statOf } from './supervisor/process-group.js';
import type { TaskUsage } from './task-driver.js';

/** Ticks of a second, as every Linux reports times; bytes of a page on the machines Node.js runs on. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

/** What the processes of a group use, as `/proc` tells; nothing where there is none. */
export function usageOfGroup(pid: number): TaskUsage {
  const pids: number[] = [];
  let memoryBytes = 0;
  let userMs = 0;
  let systemMs = 0;
  for (const member of processes()) {
    const fields = statOf(member);
    if (fields === undefined || Number(fields[GROUP]) !== pid) continue;
    pids.push(member);
    userMs += Number(fields[USER]) * TICK_MS;
    systemMs += Number(fields[SYSTEM]) * TICK_MS;
    memoryBytes += Number(fields[RESIDENT]) * PAGE_BYTES;
  }
  return { memoryBytes, userMs, systemMs, pids };
}

// Positions behind the name, see proc(5).
const GROUP = 2;
const USER = 11;
const SYSTEM = 12;
const RESIDENT = 21;

function processes(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
