import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ANONYMOUS_TOKEN, callerOfToken, DENY_ALL_ACL } from '@steppe/acl';
import { Secret } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiCall } from '../http/request/api-call.js';
import { AuditLog } from './audit-log.js';
import { verifyAuditLog } from './verify-audit-log.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-audit-'));
  path = join(folder, 'audit.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const callOf = (method: string, url: string): ApiCall => ({
  id: 'request-1',
  method,
  url,
  token: new Secret('hidden'),
  header: () => '',
  hops: 0,
  signal: new AbortController().signal,
  body: () => Promise.reject(new Error('nobody reads it')),
  bodyStream: () => {
    throw new Error('nobody reads it');
  },
});
const caller = callerOfToken(ANONYMOUS_TOKEN, DENY_ALL_ACL);
const write = async (...statuses: readonly number[]): Promise<void> => {
  const log = new AuditLog({ path }, { clock: new SimClock(1_000) });
  for (const status of statuses) {
    const audited = log.begin(callOf('PUT', '/v1/agent/reload?token=hidden'));
    audited?.by(caller);
    audited?.end(status);
  }
  await log.stop();
};
const lines = (): readonly string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

describe('AuditLog', () => {
  test('records who asked to change what, and whether they could, without query and secret', async () => {
    await write(200, 403);
    expect(lines().map((line) => JSON.parse(line) as object)).toMatchObject([
      {
        Seq: 1,
        Time: '1970-01-01T00:00:01Z',
        RequestID: 'request-1',
        Hops: 0,
        Method: 'PUT',
        Path: '/v1/agent/reload',
        Caller: 'token:anonymous',
        Decision: 'authorised',
        Status: 200,
        Prev: '0'.repeat(64),
      },
      { Seq: 2, Decision: 'denied', Status: 403, Prev: (JSON.parse(lines()[0] ?? '') as { Hash: string }).Hash },
    ]);
    expect(readFileSync(path, 'utf8')).not.toContain('hidden');
  });

  test.each(['GET', 'HEAD', 'OPTIONS'])(
    '%s changes nothing and is not recorded, unless the route says that it does',
    async (method) => {
      const log = new AuditLog({ path }, { clock: new SimClock() });
      expect(log.begin(callOf(method, '/v1/agent/self'))).toBeUndefined();
      expect(log.begin(callOf(method, '/v1/client/gc'), { mutates: true })).toBeDefined();
      await log.stop();
    },
  );

  test('without a path nothing is recorded', async () => {
    const log = new AuditLog({ path: undefined }, { clock: new SimClock() });
    expect(log.begin(callOf('PUT', '/v1/agent/reload'))).toBeUndefined();
    await log.stop();
  });

  test('goes on with the chain after a restart', async () => {
    await write(200, 200);
    await write(200);
    expect(await verifyAuditLog(path)).toEqual({
      records: 3,
      hash: (JSON.parse(lines()[2] ?? '') as { Hash: string }).Hash,
    });
  });

  test('does not go on with a file that ends in something else', async () => {
    await write(200);
    writeFileSync(path, `${lines().join('\n')}\n{"torn":`);
    expect(() => new AuditLog({ path }, { clock: new SimClock() })).toThrow(/cannot be continued: not a record/);
  });
});

describe('verifyAuditLog', () => {
  test.each<[string, (records: string[]) => string[], object]>([
    ['nothing changed', (records) => records, { records: 4 }],
    [
      'a changed record',
      (records) => records.with(1, records[1]?.replace('"Status":403', '"Status":200') ?? ''),
      { records: 1, problem: { line: 2, reason: 'its content does not match its hash' } },
    ],
    [
      'a record taken out',
      (records) => records.toSpliced(1, 1),
      { records: 1, problem: { line: 2, reason: 'it does not follow the record before it' } },
    ],
    [
      'records in another order',
      ([a = '', b = '', c = '', d = '']) => [a, c, b, d],
      { records: 1, problem: { line: 2, reason: 'it does not follow the record before it' } },
    ],
    [
      'the first record taken out',
      (records) => records.slice(1),
      { records: 0, problem: { line: 1, reason: 'it does not follow the record before it' } },
    ],
    ['something else', () => ['hello'], { records: 0, problem: { line: 1, reason: 'not a record' } }],
    ['a list', () => ['[]'], { records: 0, problem: { line: 1, reason: 'not a record' } }],
    ['an empty file', () => [], { records: 0, hash: '0'.repeat(64) }],
  ])('finds %s', async (_, change, verdict) => {
    await write(200, 403, 200, 200);
    const changed = change([...lines()]);
    writeFileSync(path, changed.map((line) => `${line}\n`).join(''));
    expect(await verifyAuditLog(path)).toMatchObject(verdict);
  });
});
