import { describe, expect, test } from '@jest/globals';
import type { Interfaces } from './address-template.js';
import { load } from '../testing/load.js';

const server = (text: string, interfaces?: Interfaces) =>
  load({
    files: { '/x.hcl': `data_dir = "/d"\nserver { enabled = true }\n${text}` },
    ...(interfaces === undefined ? {} : { interfaces }),
  }).config;

describe('what is advertised', () => {
  test.each([
    ['nothing said: the first private address', '', '10.1.2.3:4646'],
    ['what is bound, when it can be reached', 'bind_addr = "192.0.2.7"', '192.0.2.7:4646'],
    ['IPv6 in brackets', 'bind_addr = "2001:db8::1"', '[2001:db8::1]:4646'],
    ['what is said', 'advertise { http = "api.example.com" }', 'api.example.com:4646'],
    ['with its own port', 'advertise { http = "api.example.com:80" }', 'api.example.com:80'],
    ['the first of several', 'addresses { http = "192.0.2.7 192.0.2.8" }', '192.0.2.7:4646'],
    ['another port', 'ports { http = 80 }', '10.1.2.3:80'],
    ['a template', 'advertise { http = "{{ GetPublicIP }}" }', '203.0.113.9:4646'],
    ['an interface', 'bind_addr = "{{ GetInterfaceIP \\"eth1\\" }}"', '203.0.113.9:4646'],
    [
      'C3: loopback said out loud',
      'bind_addr = "127.0.0.1"\nadvertise { http = "127.0.0.1" rpc = "127.0.0.1" serf = "127.0.0.1" }',
      '127.0.0.1:4646',
    ],
  ])('%s', (_, text, http) => {
    expect(server(text).advertise.http).toBe(http);
  });

  test('each listener completes its own', () => {
    const { addresses, advertise } = server('bind_addr = "192.0.2.7"\naddresses { rpc = "192.0.2.9" }');
    expect(addresses).toEqual({ http: '192.0.2.7', rpc: '192.0.2.9', serf: '192.0.2.7' });
    expect(advertise).toEqual({ http: '192.0.2.7:4646', rpc: '192.0.2.9:4647', serf: '192.0.2.7:4648' });
  });

  test.each([
    [
      'C3: loopback',
      'bind_addr = "127.0.0.1"',
      'Defaulting advertise to localhost is unsafe, please set advertise manually',
    ],
    ['an unknown template', 'bind_addr = "{{ GetLuck }}"', 'bind_addr: cannot evaluate address template {{ GetLuck }}'],
    [
      'a template that finds nothing',
      'bind_addr = "{{ GetInterfaceIP \\"eth9\\" }}"',
      'bind_addr: no address found for template {{ GetInterfaceIP "eth9" }}',
    ],
  ])('%s is refused', (_, text, message) => {
    expect(() => server(text)).toThrow(message);
  });

  test('a machine without a private address must be told', () => {
    const loopback: Interfaces = () => [{ interface: 'lo', address: '127.0.0.1', internal: true }];
    expect(() => server('', loopback)).toThrow(
      'No private address found to advertise, please set advertise.http manually',
    );
  });
});
