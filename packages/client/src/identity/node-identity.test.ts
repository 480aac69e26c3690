import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNodeIdentity } from './node-identity.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('the identity of a node', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'steppe-identity-'));
    folder = join(root, 'state', 'client');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const load = (seed = 1) => loadNodeIdentity(folder, { random: new SeededRandom(seed) });

  test('is made with its folder, for its owner only', () => {
    const { id, secret } = load();
    expect(id).toMatch(UUID);
    expect(secret.reveal()).toMatch(UUID);
    expect(readdirSync(folder).toSorted()).toEqual(['client-id', 'secret-id']);
    expect(readFileSync(join(folder, 'client-id'), 'utf8')).toBe(`${id}\n`);
    expect(readFileSync(join(folder, 'secret-id'), 'utf8')).toBe(`${secret.reveal()}\n`);
    for (const file of ['client-id', 'secret-id']) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('survives a restart', () => {
    const { id, secret } = load(1);
    const again = load(2);
    expect(again.id).toBe(id);
    expect(again.secret.equals(secret)).toBe(true);
  });

  test('a part that is missing is made, the other stays', () => {
    const { id, secret } = load(1);
    rmSync(join(folder, 'client-id'));
    const again = load(2);
    expect(again.id).not.toBe(id);
    expect(again.secret.equals(secret)).toBe(true);
  });

  test.each(['client-id', 'secret-id'])(
    'a %s that holds something else is an error that names the file only',
    (file) => {
      load();
      const path = join(folder, file);
      for (const content of ['', 'hunter2', '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a7']) {
        writeFileSync(path, content);
        expect(() => load()).toThrow(
          expect.objectContaining({
            code: 'CLIENT_IDENTITY_INVALID',
            detail: { code: 'CLIENT_IDENTITY_INVALID', file: path },
            message: `${path} does not hold a UUID; remove it to have the node get a new one`,
          }),
        );
      }
    },
  );

  test('a folder that cannot be made is an error', () => {
    writeFileSync(join(root, 'state'), '');
    expect(() => load()).toThrow(/state/);
  });

  test('without a folder it is new each time, and its secret does not follow from the seed', () => {
    const [first, second] = [1, 1].map((seed) => loadNodeIdentity(undefined, { random: new SeededRandom(seed) }));
    expect(first?.id).toBe(second?.id);
    expect(first?.secret.reveal()).toMatch(UUID);
    expect(first?.secret.reveal()).not.toBe(second?.secret.reveal());
    expect(JSON.stringify(first)).not.toContain(first?.secret.reveal());
  });
});
