import { errorMessage } from '@steppe/domain';
import type { Session } from 'node:inspector/promises';
import { profilingError } from '../errors.js';

/**
 * Opens a connection to the inspector of this thread. Each capture opens its own and disconnects in the end, which also
 * stops whatever it had started.
 * @throws PROFILING_UNAVAILABLE
 */
export async function openSession(): Promise<Session> {
  try {
    // Loaded on demand: a Node.js built without inspector fails here and not at the start of the agent.
    const inspector = await import('node:inspector/promises');
    const session = new inspector.Session();
    session.connect();
    return session;
  } catch (error) {
    const message = `profiling is not available: ${errorMessage(error)}`;
    throw profilingError({ code: 'PROFILING_UNAVAILABLE' }, message, error);
  }
}
