import { beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { SimClock } from '@steppe/runtime/simulation';
import type { Acl } from '../decision/acl.js';
import { idOf, MemoryAclSource } from '../testing/acl-fixtures.js';
import { CallerWatch } from './caller-watch.js';
import { ServerTokenResolver } from './server-token-resolver.js';

const SECRET = new Secret(idOf('b'));
const readsDev = (acl: Acl): boolean => acl.allowNamespaceOperation('dev', 'read-job');

describe('watching callers', () => {
  let clock: SimClock;
  let source: MemoryAclSource;
  let watch: CallerWatch;
  let reasons: unknown[];

  beforeEach(() => {
    clock = new SimClock();
    source = new MemoryAclSource();
    watch = new CallerWatch({}, { clock, resolver: new ServerTokenResolver({ aclEnabled: true }, { clock, source }) });
    reasons = [];
    source.addPolicy('p', 'namespace "dev" { policy = "read" }');
    const until = new Date(clock.now() + 60_000).toISOString();
    source.addToken({ SecretID: idOf('b'), Policies: ['p'], ExpirationTime: until });
  });

  const start = (): (() => void) => watch.watch(SECRET, readsDev, (reason) => reasons.push(reason));

  test('nothing happens while the caller still may', async () => {
    start();
    await clock.advance(59_000);
    expect(reasons).toEqual([]);
  });

  test('an expired token ends it within a second', async () => {
    start();
    await clock.advance(60_000);
    expect(reasons).toEqual([]);
    await clock.advance(1_000);
    expect(reasons).toEqual([expect.objectContaining({ message: 'ACL token expired' })]);
    expect(watch.size).toBe(0);
  });

  test('a deleted token ends it within a second', async () => {
    start();
    await clock.advance(10_000);
    source.tokens.length = 0;
    await clock.advance(1_000);
    expect(reasons).toEqual([expect.objectContaining({ message: 'Permission denied' })]);
  });

  test('an edited policy ends it within a second, once', async () => {
    start();
    source.addPolicy('p', '');
    await clock.advance(10_000);
    expect(reasons).toEqual([expect.objectContaining({ code: 'ACL_PERMISSION_DENIED' })]);
  });

  test('what is stopped is not ended, and nothing ticks for nobody', async () => {
    const stop = start();
    stop();
    source.tokens.length = 0;
    await clock.advance(10_000);
    expect([reasons, watch.size]).toEqual([[], 0]);
  });

  test('a resolver that answers later is asked once at a time, for a fresh answer', async () => {
    const questions: unknown[] = [];
    let answer: (reason: Error) => void = () => undefined;
    const slow = new CallerWatch(
      {},
      {
        clock,
        resolver: {
          resolve: (_, options) => {
            questions.push(options);
            return new Promise((_resolve, reject) => {
              answer = reject;
            });
          },
        },
      },
    );
    slow.watch(SECRET, readsDev, (reason) => reasons.push(reason));
    await clock.advance(5_000);
    expect(questions).toEqual([{ maxAgeMs: 500 }]);
    answer(new Error('gone'));
    await new Promise(setImmediate);
    expect(reasons).toEqual([new Error('gone')]);
  });
});
