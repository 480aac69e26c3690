import { readFileSync } from 'node:fs';

/** Signals every process of a group. @returns whether there was any */
export function killGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  // 0 and 1 would be our own group, and everybody.
  if (pid <= 1) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process runs. One that has ended, and that nobody has taken note of, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statOf(pid)?.[STATE] !== 'Z';
}

/**
 * When a process began, in ticks since the machine started: with it a number that is used again tells another process. Empty
 * where the system does not say.
 */
export const startOf = (pid: number): string => statOf(pid)?.[START] ?? '';

/** Whether the very process that began then still runs. */
export function isSameProcess({ pid, start }: { readonly pid: number; readonly start: string }): boolean {
  return isAlive(pid) && startOf(pid) === start;
}

// Positions behind the name, see proc(5).
const STATE = 0;
const START = 19;

/** What the system tells of a process, behind its name; `undefined` where there is no such process, or no `/proc`. */
export function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
