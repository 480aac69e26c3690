import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { MonitorStream } from '../monitor/monitor-stream.js';
import { hubWith } from '../testing/feed-tools.js';
import { MemorySink } from '../testing/memory-sink.js';
import type { FollowEncoding } from './item-writer.js';
import { FollowStream } from './follow-stream.js';

/** Texts that would like to be something else. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(
    '{}',
    '}{',
    '{"Data":"AAAA"}',
    'id: 7\ndata: forged\n\n',
    '\r\rdata: forged',
    '\r\n\r\nevent: gap\r\n',
    ':\n\n',
    '\u0000\u0085\u2028\u2029\ufeff',
    '"@seq":1',
    '{"@gap":{"from":1}}\n',
    'x'.repeat(3_000),
    'ä€😀'.repeat(500),
  ),
);
const entries = fc.array(
  fc.record({
    message: nasty,
    fields: fc.dictionary(fc.oneof(nasty, fc.constantFrom('@seq', '@gap', '@message')), nasty, { maxKeys: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
);
type Entry = { readonly message: string; readonly fields: Readonly<Record<string, string>> };

/** What the monitor of the reference would have sent for the same records, with no stream of ours in between. */
function linesOf(logged: readonly Entry[], json: boolean): string {
  const hub = hubWith(new SimClock());
  const subscription = hub.subscribe({ level: 'info', json });
  for (const { message, fields } of logged) hub.logger('n').info(message, fields);
  const lines: Uint8Array[] = [];
  for (let line = subscription.take(); line !== undefined; line = subscription.take()) lines.push(line);
  return Buffer.concat(lines).toString();
}

async function streamed(
  logged: readonly Entry[],
  encoding: FollowEncoding | 'monitor' | 'monitor-plain',
  json: boolean,
): Promise<string> {
  const clock = new SimClock();
  const hub = hubWith(clock);
  const leave = new AbortController();
  const sink = new MemorySink();
  const isMonitor = encoding === 'monitor' || encoding === 'monitor-plain';
  const stream = isMonitor
    ? new MonitorStream({ level: 'info', json, plain: encoding === 'monitor-plain' }, { hub, clock })
    : new FollowStream(
        { level: 'info', json, location: false, start: { kind: 'now' }, follow: true, encoding },
        { hub, clock, history: undefined },
      );
  const done = stream.run(sink, { signal: leave.signal });
  for (const { message, fields } of logged) hub.logger('n').info(message, fields);
  await clock.advance(1_500);
  leave.abort();
  await done;
  return sink.text;
}

/** Splits at closing braces and nothing else, as existing consumers do, and joins the payloads. */
function splitAtBraces(text: string): string {
  const parts = text.split('}');
  expect(parts.pop()).toBe('');
  const payloads = parts.map((part) => {
    const frame = JSON.parse(`${part}}`) as { readonly Data?: string };
    expect(Object.keys(frame)).toEqual(['Data', 'FileEvent', 'Offset'].filter((key) => key in frame));
    return Buffer.from(frame.Data ?? '', 'base64');
  });
  return Buffer.concat(payloads).toString();
}

interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** An event stream as the WHATWG says it is to be read. */
function eventsOf(text: string): ServerEvent[] {
  const events: ServerEvent[] = [];
  let id = '';
  let event = 'message';
  let data: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data.length > 0) events.push({ id, event, data: data.join('\n') });
      event = 'message';
      data = [];
      continue;
    }
    if (line.startsWith(':')) continue;
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/su.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else expect([field, value]).toEqual(['retry', '1000']);
  }
  return events;
}

/** The text of an event: no reader of event streams tells one line end from another. */
const unified = (text: string): string => text.replaceAll(/\r\n|\r/g, '\n');

describe('whatever is logged,', () => {
  test.each([
    ['monitor', false],
    ['monitor', true],
    ['frames', false],
    ['frames', true],
  ] as const)('%s, json %s: a reader that splits at braces gets the lines as they are', async (encoding, json) => {
    await fc.assert(
      fc.asyncProperty(entries, async (logged) => {
        expect(splitAtBraces(await streamed(logged, encoding, json))).toBe(linesOf(logged, json));
      }),
      { numRuns: 60 },
    );
  });

  test.each(['monitor-plain', 'plain'] as const)('%s is the lines and nothing else', async (encoding) => {
    await fc.assert(
      fc.asyncProperty(entries, async (logged) => {
        expect(await streamed(logged, encoding, false)).toBe(linesOf(logged, false));
      }),
      { numRuns: 60 },
    );
  });

  test.each([true, false])('an event is one record with its number, json %s', async (json) => {
    await fc.assert(
      fc.asyncProperty(entries, async (logged) => {
        const events = eventsOf(await streamed(logged, 'events', json));
        expect(events).toHaveLength(logged.length);
        const first = Number(events[0]?.id);
        expect(events.map(({ id, event }) => [id, event])).toEqual(events.map((_, i) => [`${first + i}`, 'message']));
        expect(events.map(({ data }) => `${data}\n`).join('')).toBe(unified(linesOf(logged, json)));
      }),
      { numRuns: 60 },
    );
  });

  test('a line of NDJSON is one record, its number and no other', async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (logged) => {
        const lines = (await streamed(logged, 'ndjson', false)).split('\n');
        expect(lines.pop()).toBe('');
        const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
        const records = objects.filter((object) => Object.keys(object).length > 0);
        expect(records).toHaveLength(logged.length);
        const first = records[0]?.['@seq'] as number;
        expect(first).toBeGreaterThan(1e15);
        expect(records.map((record) => record['@seq'])).toEqual(records.map((_, i) => first + i));
        expect(records.some((record) => '@gap' in record)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
