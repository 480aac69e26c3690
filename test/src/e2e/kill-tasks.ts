import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, sep } from 'node:path';

const PROC = '/proc';

/**
 * Kills the tasks of agents that have been killed, which go on without them, and their supervisors: those first, so that none
 * starts another. Does nothing where there is no `/proc`.
 * @param folder - that the agents had their data in
 */
export function killTasksIn(folder: string): void {
  const inside = folder + sep;
  killWhere((pid) => readFileSync(join(PROC, pid, 'cmdline'), 'utf8').includes(`\0${inside}`));
  killWhere((pid) => readlinkSync(join(PROC, pid, 'cwd')).startsWith(inside));
}

function killWhere(matches: (pid: string) => boolean): void {
  for (const pid of processes()) {
    try {
      if (matches(pid)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile, or is none of ours.
    }
  }
}

function processes(): readonly string[] {
  try {
    return readdirSync(PROC).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
