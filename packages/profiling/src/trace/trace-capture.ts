import type { Clock } from '@steppe/runtime';
import { once } from 'node:events';
import type { Session } from 'node:inspector/promises';
import { captureTime } from '../inspector/capture-time.js';
import { openSession } from '../inspector/inspector-session.js';

/** `node.http` and `node` are left out: they cost a busy agent a factor of two and more. */
const CATEGORIES = ['v8', 'node.perf', 'node.environment', 'disabled-by-default-v8.gc'];
/** Writing out the last events takes well below a tenth of a second. */
const COMPLETE_MS = 5_000;

export interface TraceOptions {
  readonly durationMs: number;
  /** Stop early when the events are this large. */
  readonly maxBytes: number;
}

/**
 * Records trace events of the main thread (workers cannot be traced) and returns them as `{"traceEvents":[…]}`; a trace
 * that became too large says `"truncated":true` in its metadata.
 * Rejects with the signal's reason as soon as it aborts; either way nothing is left running.
 */
export async function captureTrace(
  { durationMs, maxBytes }: TraceOptions,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const session = await openSession();
  const events: string[] = [];
  let bytes = 0;
  const full = new AbortController();
  session.on('NodeTracing.dataCollected', ({ params }) => {
    for (const event of params.value) {
      if (full.signal.aborted) return;
      const text = JSON.stringify(event);
      bytes += text.length + 1;
      if (bytes > maxBytes) full.abort(new Error('the trace is full'));
      else events.push(text);
    }
  });
  try {
    await session.post('NodeTracing.start', { traceConfig: { includedCategories: CATEGORIES } });
    try {
      await captureTime(durationMs, { clock, signal, enough: full.signal });
    } finally {
      await stop(session, clock);
    }
  } finally {
    session.disconnect();
  }
  const metadata = { truncated: full.signal.aborted, categories: CATEGORIES };
  return Buffer.from(`{"traceEvents":[${events.join(',')}],"metadata":${JSON.stringify(metadata)}}`);
}

/** Stops recording and waits for what was recorded to arrive. */
async function stop(session: Session, clock: Clock): Promise<void> {
  const deadline = new AbortController();
  const timer = clock.setTimer(COMPLETE_MS, () => deadline.abort());
  const complete = once(session, 'NodeTracing.tracingComplete', { signal: deadline.signal }).catch(() => undefined);
  await session.post('NodeTracing.stop');
  await complete;
  timer.cancel();
}
