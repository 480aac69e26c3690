import type { Clock } from '@steppe/runtime';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedOptions } from '../follow/log-feed.js';
import { LogFeed } from '../follow/log-feed.js';
import type { LogHistory } from '../history/log-history.js';
import type { LogRingOptions } from '../history/log-ring.js';
import { LogRing } from '../history/log-ring.js';
import { LogHubImpl } from '../hub/log-hub-impl.js';
import type { FeedItem } from '../hub/record-queue.js';

/** A folder that is gone when the test is. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'steppe-log-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A hub whose numbers go on where the ring's end. */
export function hubWith(clock: Clock, ring?: LogRing): LogHubImpl {
  const hub = new LogHubImpl({ level: 'info', zoneOffsetMinutes: () => 0 }, { clock });
  if (ring !== undefined) hub.addRecordSink(ring);
  return hub;
}

/** A ring large enough to keep everything unless told otherwise. */
export const ringIn = (path: string, clock: Clock, options: Partial<LogRingOptions> = {}): LogRing =>
  new LogRing({ path, maxBytes: 64 * 1024 * 1024, maxAgeMs: 0, ...options }, { clock });

export interface FeedSetup {
  readonly clock: Clock;
  readonly hub: LogHubImpl;
  readonly history: LogHistory | undefined;
}

export const feedOf = (setup: FeedSetup, options: Partial<FeedOptions> = {}): LogFeed =>
  new LogFeed({ level: 'info', json: false, location: false, start: { kind: 'now' }, follow: true, ...options }, setup);

/** Everything a feed that does not follow has. */
export async function itemsOf(setup: FeedSetup, options: Partial<FeedOptions> = {}): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  const signal = new AbortController().signal;
  const feed = feedOf(setup, { start: { kind: 'oldest' }, follow: false, ...options });
  for await (const batch of feed.read({ signal })) items.push(...batch);
  return items;
}

/** Items for comparison: the message of a line, and the range of a gap. */
export const shown = (items: readonly FeedItem[]): readonly (string | readonly [from: number, to: number])[] =>
  items.map((item) => (item.kind === 'gap' ? [item.from, item.to] : messageOf(item.line)));

/** `n` of a text line `… [INFO]  n` or `… [INFO]  name: n: fields`. */
export const messageOf = (line: Uint8Array): string =>
  Buffer.from(line)
    .toString()
    .replace(/^\S+ \[\w+\] {1,2}/, '')
    .trimEnd();
