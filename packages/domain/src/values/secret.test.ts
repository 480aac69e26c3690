import { expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { encodeJson } from '../wire/json.js';
import { Secret } from './secret.js';

const canary = 'canary-3fae';
const secret = new Secret(canary);

test.each([
  ['JSON.stringify', () => JSON.stringify({ secret })],
  ['the wire encoder', () => encodeJson({ secret })],
  ['the wire encoder, pretty', () => encodeJson({ secret }, { pretty: true })],
  ['a template', () => `<${secret.toString()}>`],
  ['concatenation', () => `x${String(secret)}`],
  ['inspect', () => inspect({ secret }, { showHidden: true, depth: 9 })],
  ['own properties', () => JSON.stringify(Object.entries(secret))],
])('%s never shows the value', (_, show) => {
  expect(show()).not.toContain(canary);
});

test('only reveal gives the value, and an unset secret is visibly unset', () => {
  expect(secret.reveal()).toBe(canary);
  expect(new Secret('').toString()).toBe('');
  expect(secret.toString()).toBe('<redacted>');
  expect(secret.equals(new Secret(canary))).toBe(true);
});
