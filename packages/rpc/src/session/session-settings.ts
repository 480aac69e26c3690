import type { ClientHttp2Session, ServerHttp2Session, SessionOptions, Settings } from 'node:http2';
import { connect, performServerHandshake } from 'node:http2';
import type { Socket } from 'node:net';

/** What one stream may have on the way, bytes: the most that a reader who does not read costs. */
export const STREAM_WINDOW_BYTES = 1024 * 1024;
/** The same for all streams of a session together. Node credits it on arrival, so a stalled stream blocks no other. */
const SESSION_WINDOW_BYTES = 8 * STREAM_WINDOW_BYTES;
/** Fewer, larger DATA frames than the default 16 KiB: bulk streams gain, interleaving hardly loses. */
const MAX_FRAME_BYTES = 64 * 1024;
/** A call has five short headers. */
const MAX_HEADER_BYTES = 4_096;
/** Megabytes; Node refuses new streams of a session that holds more. */
const SESSION_MEMORY_MB = 64;

/**
 * HTTP/2 has one server on each connection, which answers, and one client, which calls. Two sessions cannot share a socket,
 * so which end is which is settled per connection, in the handshake before it.
 */
export function openCallingSession(socket: Socket): ClientHttp2Session {
  const session = connect('http://peer', { createConnection: () => socket, ...sessionOptions({ enablePush: false }) });
  widenWindow(session);
  return session;
}

export function openServingSession(socket: Socket, maxConcurrentStreams: number): ServerHttp2Session {
  const session = performServerHandshake(socket, sessionOptions({ maxConcurrentStreams }));
  widenWindow(session);
  return session;
}

const sessionOptions = (settings: Settings): SessionOptions => ({
  maxSessionMemory: SESSION_MEMORY_MB,
  settings: {
    initialWindowSize: STREAM_WINDOW_BYTES,
    maxFrameSize: MAX_FRAME_BYTES,
    maxHeaderListSize: MAX_HEADER_BYTES,
    ...settings,
  },
});

function widenWindow(session: ClientHttp2Session | ServerHttp2Session): void {
  const widen = (): void => session.setLocalWindowSize(SESSION_WINDOW_BYTES);
  if (session.connecting) session.once('connect', widen);
  else widen();
}
