import { errorMessage } from '@steppe/domain';
import type { DebugSession } from './debug-session.js';
import type { DebugTarget } from './debug-targets.js';

interface ProfileFile {
  readonly name: string;
  readonly debug: 0 | 1 | 2;
  readonly file: (round: string) => string;
}

/** Nomad's, in its order. */
const PROFILES: readonly ProfileFile[] = [
  { name: 'profile', debug: 0, file: (round) => `profile_${round}.prof` },
  { name: 'goroutine', debug: 1, file: (round) => `goroutine-debug1_${round}.txt` },
  { name: 'goroutine', debug: 2, file: (round) => `goroutine-debug2_${round}.txt` },
  { name: 'goroutine', debug: 0, file: (round) => `goroutine_${round}.prof` },
  { name: 'trace', debug: 0, file: (round) => `trace_${round}.prof` },
  { name: 'heap', debug: 0, file: (round) => `heap_${round}.prof` },
  { name: 'threadcreate', debug: 0, file: (round) => `threadcreate_${round}.prof` },
];

/** All profiles of one agent, one after the other: a CPU profile and a trace are taken once at a time. */
export async function captureProfiles(
  session: DebugSession,
  { id, folder, query }: DebugTarget,
  { round, seconds }: { readonly round: string; readonly seconds: number },
): Promise<void> {
  for (const [i, { name, debug, file }] of PROFILES.entries()) {
    const path = `${folder}/${file(round)}`;
    const isText = debug !== 0 || name === 'trace';
    try {
      const parameters = { ...query, seconds: `${seconds}`, debug: `${debug}`, gc: '0' };
      await session.bundle.writeBytes(path, await session.bytes(`/v1/agent/pprof/${name}`, parameters), { isText });
    } catch (error) {
      session.report(`Failed to retrieve pprof ${file(round)} of ${id}`, error);
      // Nomad: the others would be denied too.
      if (i === 0 && errorMessage(error).includes('Permission denied')) {
        session.progress('Profiles need a token with agent:write, or without ACLs enable_debug = true');
        return;
      }
      // Nomad: of a CPU profile that failed there is no file, of the others an empty one.
      if (i > 0) await session.bundle.writeBytes(path, Buffer.alloc(0), { isText: true });
    }
  }
}
