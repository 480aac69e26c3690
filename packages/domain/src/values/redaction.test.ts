import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSecretName, redactUrlCredentials } from './redaction.js';

test.each([
  'VAULT_TOKEN',
  'ryanSECRETS',
  'DB_PASSWORD',
  'db-passwd',
  'API_KEY',
  'apiKey',
  'key',
  'AWS_ACCESS_KEY',
  'encryptKey',
  'privateKeyPem',
  'GOOGLE_CREDENTIALS',
])('%s names a secret', (name) => expect(isSecretName(name)).toBe(true));
test.each(['LANG', 'MONKEY', 'KEYBOARD', 'PATH', 'key_file', 'TURKEY', 'keys_dir'])('%s names none', (name) => {
  expect(isSecretName(name)).toBe(false);
});

test.each([
  ['postgres://user:pw@host/db', 'postgres://<redacted>@host/db'],
  ['https://token@host', 'https://<redacted>@host'],
  ['a redis://:pw@h and amqp://u:p@i', 'a redis://<redacted>@h and amqp://<redacted>@i'],
  ['https://host/path@v1', 'https://host/path@v1'],
  ['me@example.com', 'me@example.com'],
  ['plain', 'plain'],
])('%s shows as %s', (text, shown) => expect(redactUrlCredentials(text)).toBe(shown));

test('no password survives, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9:%!$&'()*+,;=._~-]{4,20}$/), (password) => {
      expect(redactUrlCredentials(`x postgres://user:${password}@host:5432/db y`)).toBe(
        'x postgres://<redacted>@host:5432/db y',
      );
    }),
  );
});
