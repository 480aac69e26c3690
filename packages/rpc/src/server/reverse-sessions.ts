import type { RpcPeerIdentity } from '../handshake/peer-identity.js';
import type { CallSession, RpcCaller } from '../session/call-session.js';

/** A client agent that can be called now. */
export interface ReverseSession extends RpcCaller {
  readonly peer: RpcPeerIdentity;
  /** When it was established, Unix milliseconds; among several servers the newest session of a node counts. */
  readonly establishedMs: number;
}

export interface ReverseSessionChange {
  readonly nodeId: string;
  /** `connected`: the node can be called, also when a newer session took over. `disconnected`: no longer. */
  readonly kind: 'connected' | 'disconnected';
}

/** The client agents that keep a session to this server, by node id. */
export interface ReverseSessions {
  /** The newest live session of a node. */
  get(nodeId: string): ReverseSession | undefined;
  /** One session per node. */
  list(): readonly ReverseSession[];
  /** Called after each change, synchronously. @returns what ends it */
  onDidChange(listener: (change: ReverseSessionChange) => void): () => void;
}

interface Entry {
  readonly session: CallSession;
  readonly view: ReverseSession;
}

/** The newest session of a node wins; an older one is closed, so that nobody serves calls nobody makes. */
export class ReverseSessionTable implements ReverseSessions {
  readonly #sessions = new Map<string, Entry>();
  readonly #listeners = new Set<(change: ReverseSessionChange) => void>();

  get(nodeId: string): ReverseSession | undefined {
    const entry = this.#sessions.get(nodeId);
    return entry?.session.isOpen === true ? entry.view : undefined;
  }

  list(): readonly ReverseSession[] {
    return [...this.#sessions.values()].filter(({ session }) => session.isOpen).map(({ view }) => view);
  }

  onDidChange(listener: (change: ReverseSessionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(session: CallSession, establishedMs: number): void {
    const nodeId = session.peer.id;
    const older = this.#sessions.get(nodeId);
    const view: ReverseSession = {
      peer: session.peer,
      establishedMs,
      call: (method, request, options) => session.call(method, request, options),
      stream: (method, request, options) => session.stream(method, request, options),
    };
    this.#sessions.set(nodeId, { session, view });
    older?.session.close();
    this.#tell({ nodeId, kind: 'connected' });
  }

  /** A session has closed; only the one that counts makes a difference. */
  remove(session: CallSession): void {
    const nodeId = session.peer.id;
    if (this.#sessions.get(nodeId)?.session !== session) return;
    this.#sessions.delete(nodeId);
    this.#tell({ nodeId, kind: 'disconnected' });
  }

  #tell(change: ReverseSessionChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
