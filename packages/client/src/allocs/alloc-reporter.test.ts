import { describe, expect, test } from '@jest/globals';
import type { ClientStatus } from '@steppe/domain';
import { RecordingLogger, SimClock } from '@steppe/testing';
import type { AllocReport } from '../servers/alloc-link.js';
import { FixedRandom } from '../testing/fixed-random.js';
import { AllocReporter } from './alloc-reporter.js';

const report = (id: string, clientStatus: ClientStatus, clientDescription = ''): AllocReport => ({
  id,
  clientStatus,
  clientDescription,
  taskStates: {},
});

const create = () => {
  const clock = new SimClock();
  const sent: string[] = [];
  const acknowledged: string[] = [];
  const refusal: { reason?: string } = {};
  const reporter = new AllocReporter({
    send: async (reports) => {
      const what = reports.map(({ id, clientStatus, clientDescription: text }) => `${id} ${clientStatus}${text}`);
      sent.push(`${what.join(', ')}@${clock.monotonic()}`);
      if (refusal.reason !== undefined) throw new Error(refusal.reason);
    },
    onAcknowledged: (id) => acknowledged.push(id),
    clock,
    random: new FixedRandom(0.5),
    logger: new RecordingLogger(),
  });
  return { acknowledged, clock, refusal, reporter, sent };
};

describe('reporting allocations', () => {
  test('nothing is told before the servers know the node', async () => {
    const { clock, reporter, sent } = create();
    reporter.update(report('a', 'pending'));
    await clock.advance(60_000);
    expect(sent).toEqual([]);
    reporter.open();
    await clock.advance(0);
    expect(sent).toEqual(['a pending@60000']);
    expect(clock.pending).toBe(0);
  });

  test('another client status waits 200 ms for company, anything else a second', async () => {
    const { clock, reporter, sent } = create();
    reporter.open();
    reporter.update(report('a', 'pending'));
    await clock.advance(100);
    reporter.update(report('b', 'pending'));
    reporter.update(report('a', 'running'));
    await clock.advance(100);
    expect(sent).toEqual(['a running, b pending@200']);
    reporter.update(report('a', 'running', '!'));
    await clock.advance(999);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent[1]).toBe('a running!@1200');
    reporter.update(report('a', 'running', '?'));
    await clock.advance(100);
    reporter.update(report('b', 'failed'));
    await clock.advance(200);
    expect(sent[2]).toBe('a running?, b failed@1500');
  });

  test('what the servers know is not told again, after a restart neither', async () => {
    const { acknowledged, clock, reporter, sent } = create();
    reporter.open();
    reporter.update(report('a', 'running'));
    await clock.advance(200);
    reporter.update(report('a', 'running', '!'));
    reporter.update(report('a', 'running'));
    await clock.advance(5_000);
    expect([sent.length, acknowledged]).toEqual([1, ['a']]);
    const next = create();
    next.reporter.restore('a', reporter.digest('a'));
    next.reporter.open();
    next.reporter.update(report('a', 'running'));
    await next.clock.advance(5_000);
    expect(next.sent).toEqual([]);
  });

  test('what is not taken is kept, and tried again after 5 to 10 s, in its newest form', async () => {
    const { clock, refusal, reporter, sent } = create();
    refusal.reason = 'node n is not allowed to update allocs while in status down';
    reporter.open();
    reporter.update(report('a', 'pending'));
    await clock.advance(200);
    delete refusal.reason;
    reporter.update(report('a', 'running'));
    await clock.advance(7_500);
    expect(sent).toEqual(['a pending@200', 'a running@7700']);
    refusal.reason = 'connection refused';
    reporter.update(report('a', 'failed'));
    await clock.advance(200);
    delete refusal.reason;
    await clock.advance(7_499);
    expect(sent).toHaveLength(3);
    await clock.advance(1);
    expect(sent[3]).toBe('a failed@15400');
  });

  test('all is told anew, at once, when the servers wait to hear it', async () => {
    const { clock, reporter, sent } = create();
    reporter.open();
    reporter.update(report('a', 'running'));
    await clock.advance(200);
    reporter.repeat([report('a', 'running')]);
    await clock.advance(0);
    expect(sent).toEqual(['a running@200', 'a running@200']);
  });

  test('many go in several calls', async () => {
    const { clock, reporter, sent } = create();
    reporter.open();
    for (let i = 0; i < 600; i += 1) reporter.update(report(`${i}`, 'running'));
    await clock.advance(1_000);
    expect(sent.map((text) => text.split(',').length)).toEqual([256, 256, 88]);
  });

  test('after its end no timer is left', async () => {
    const { clock, reporter, sent } = create();
    reporter.open();
    reporter.update(report('a', 'running'));
    reporter.stop();
    await clock.advance(1_000);
    expect([sent, clock.pending]).toEqual([[], 0]);
  });
});
