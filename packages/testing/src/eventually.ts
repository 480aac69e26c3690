import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again until `check` no longer throws, for what another process does in its own time. Fails with what `check` threw
 * last.
 */
export async function eventually<T>(withinMs: number, check: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(25);
    }
  }
}
