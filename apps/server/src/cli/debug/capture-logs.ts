import { errorMessage } from '@steppe/domain';
import type { QueryValues } from '../api/api-client.js';
import { copyPayloads } from '../commands/frame-payloads.js';
import { LogFollower } from '../commands/log-follower.js';
import type { DebugSession } from './debug-session.js';
import type { DebugTarget } from './debug-targets.js';

/** Follows the log of one agent until it is over; what goes wrong stands in the file too. */
export async function captureLog(session: DebugSession, target: DebugTarget, options: QueryValues): Promise<void> {
  const file = await session.bundle.openText(`${target.folder}/monitor.log`);
  try {
    await new LogFollower(session.client, {
      query: { ...session.query, ...options, ...nameOf(target) },
      isPlain: false,
      isEndless: true,
      signal: session.over,
      onLines: (lines) => file.write(lines),
      onNotice: (text) => void session.bundle.fail(`${target.folder}/monitor.log`, new Error(text)),
    }).run();
  } catch (error) {
    session.report(`Failed to follow the log of ${target.id}`, error);
    await file.write(Buffer.from(`monitor: ${errorMessage(error)}\n`));
  } finally {
    await file.close();
  }
}

/** Copies the past log of one agent, as far as it gets before it is over. */
export async function exportLog(session: DebugSession, target: DebugTarget, options: QueryValues): Promise<void> {
  const file = await session.bundle.openText(`${target.folder}/monitor_export.log`);
  try {
    const query = { ...session.query, ...options, ...nameOf(target) };
    const log = await session.client.download('/v1/agent/monitor/export', query, { signal: session.over });
    await copyPayloads(log, (bytes) => file.write(bytes));
  } catch (error) {
    if (!session.over.aborted) session.report(`Failed to export the log of ${target.id}`, error);
    await file.write(Buffer.from(`monitor: ${errorMessage(error)}\n`));
  } finally {
    await file.close();
  }
}

/** The events of the cluster until it is over. Where there is no such stream, the file says so. */
export async function captureEvents(session: DebugSession, index: number, topics: readonly string[]): Promise<void> {
  const query = { ...session.query, index: `${index}`, ...(topics.length === 0 ? {} : { topic: topics }) };
  const file = await session.bundle.openText('cluster/eventstream.json');
  try {
    const { body } = await session.client.download('/v1/event/stream', query, { signal: session.over });
    for await (const chunk of body as AsyncIterable<Buffer>) await file.write(chunk);
  } catch (error) {
    if (session.over.aborted) return;
    session.report('Error capturing event stream', error);
    await file.write(Buffer.from(`${JSON.stringify({ Error: errorMessage(error) })}\n`));
  } finally {
    await file.close();
  }
}

const nameOf = ({ query: { node_id, server_id } }: DebugTarget): QueryValues =>
  node_id === '' ? { server_id } : { node_id };
