import { describe, expect, test } from '@jest/globals';
import { validateServiceName } from './service-name.js';

describe('validateServiceName', () => {
  test.each([
    'nomad',
    'nomad.service',
    'nomad.client.02.swap',
    'nomad@x',
    '@nomad',
    '-nomad',
    'my_nomad-2',
    'steppe',
    'steppe.service',
    `nomad${'x'.repeat(250)}`,
  ])('accepts %s', (name) => {
    expect(() => validateServiceName(name)).not.toThrow();
  });

  test.each([
    [`nomad${'x'.repeat(251)}`, 'service name too long'],
    [`nomad${'é'.repeat(126)}`, 'service name too long'],
    ['docker', "service name must include 'nomad"],
    ['', "service name must include 'nomad"],
    ['nomad.client', 'invalid suffix'],
    ['nomad.', 'invalid suffix'],
    ['nomad%', 'nomad% does not meet systemd conventions'],
    ['nomad.a b.service', 'nomada b does not meet systemd conventions'],
    ['nomad@', 'nomad@ does not meet systemd conventions'],
    ['nomad@a@b', 'nomad@a@b does not meet systemd conventions'],
    ['nomad;reboot', 'nomad;reboot does not meet systemd conventions'],
    ['nomad\n', 'nomad\n does not meet systemd conventions'],
    ['nömad nomad', 'nömad nomad does not meet systemd conventions'],
  ])('row 51: refuses %j', (name, text) => {
    expect(() => validateServiceName(name)).toThrow(
      expect.objectContaining({ code: 'SERVICE_NAME_INVALID', message: text }),
    );
  });
});
