import { describe, expect, test } from '@jest/globals';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { FakeServerLink } from '../testing/fake-server-link.js';
import { reachableServers } from './reachable-servers.js';

const HOSTS: Readonly<Record<string, string>> = { 'one.example': '10.0.0.1', 'two.example': '10.0.0.2' };

const create = () => {
  const clock = new SimClock();
  const link = new FakeServerLink({ clock });
  const logger = new RecordingLogger();
  const abort = new AbortController();
  const resolve = (host: string): Promise<string> =>
    /^[\d.]+$/.test(host)
      ? Promise.resolve(host)
      : HOSTS[host]
        ? Promise.resolve(HOSTS[host])
        : Promise.reject(new Error(`no such host ${host}`));
  const find = (...addresses: string[]) =>
    reachableServers(addresses, { link, resolve, logger }, { signal: abort.signal });
  return { clock, link, logger, abort, find };
};

describe('finding the servers that answer', () => {
  test('those that do are returned resolved; the others are only logged', async () => {
    const { find, link, logger } = create();
    link.onCall = ({ server }) => {
      if (server === '10.0.0.2:4647') throw new Error('connect: connection refused');
    };
    await expect(find('one.example', '10.0.0.2', '10.0.0.3:5000')).resolves.toEqual(['10.0.0.1:4647', '10.0.0.3:5000']);
    expect(logger.lines.map(({ fields }) => fields)).toEqual([
      { error: 'Server at address 10.0.0.2:4647 failed ping: connect: connection refused' },
    ]);
  });

  test('when none does, the error has a line for each, of whatever kind the failure was', async () => {
    const { find, link } = create();
    link.onCall = () => Promise.reject(new Error('dial tcp 10.0.0.1:4647: i/o timeout'));
    await expect(find('one.example', 'three.example', 'x:0')).rejects.toMatchObject({
      code: 'CLIENT_SERVERS_UNREACHABLE',
      detail: { addresses: ['one.example', 'three.example', 'x:0'] },
      message: [
        'Server at address 10.0.0.1:4647 failed ping: dial tcp 10.0.0.1:4647: i/o timeout',
        'Server at address three.example:4647 failed ping: no such host three.example',
        'Server at address x:0 failed ping: invalid server address "x:0": port 0 is not within 1 and 65535',
      ].join('\n'),
    });
  });

  test('all are pinged at the same time', async () => {
    const { find, link } = create();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    link.onCall = () => {
      if (link.calls.length === 3) release();
      return gate;
    };
    await expect(find('10.0.0.1', '10.0.0.2', '10.0.0.3')).resolves.toHaveLength(3);
  });

  test('when the runtime stops meanwhile, that is the error', async () => {
    const { abort, find, link } = create();
    link.onCall = () => abort.abort(new Error('the client is stopping'));
    await expect(find('10.0.0.1')).rejects.toThrow('the client is stopping');
  });
});
