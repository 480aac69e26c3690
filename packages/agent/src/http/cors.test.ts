import { describe, expect, test } from '@jest/globals';
import { corsHeaders, isPreflight } from './cors.js';

const origin = 'https://ui.example';
const preflight = (headers: Record<string, string>) =>
  corsHeaders({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET', ...headers } });

describe('corsHeaders', () => {
  test.each(['https://ui.example', 'null'])('never names the origin that asks: %s', (asking) => {
    const headers = { origin: asking };
    expect(corsHeaders({ method: 'GET', headers })).toMatchObject({ 'Access-Control-Allow-Origin': '*' });
    expect(preflight(headers)).toMatchObject({ 'Access-Control-Allow-Origin': '*' });
  });

  test.each(['PUT', 'POST', 'DELETE', 'OPTIONS'])('%s is allowed to nobody', (method) => {
    expect(corsHeaders({ method, headers: { origin } })).toEqual({ Vary: 'Accept-Encoding, Origin' });
    expect(Object.keys(preflight({ 'access-control-request-method': method }))).toEqual(['Vary']);
  });

  test('a preflight allows the method and the headers it asks for, and caches can tell', () => {
    const names = 'authorization,x-nomad-token , x-other';
    expect(preflight({ 'access-control-request-method': 'HEAD', 'access-control-request-headers': names })).toEqual({
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Headers': names,
      'Access-Control-Allow-Methods': 'HEAD',
      'Access-Control-Allow-Origin': '*',
      Vary: 'Accept-Encoding, Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
    expect(preflight({})).not.toHaveProperty('Access-Control-Allow-Headers');
  });

  test.each(['a b', 'a,,b', 'a\u00e9', 'x'.repeat(4_097)])(
    'headers that have no such names are not allowed: %s',
    (names) => {
      expect(Object.keys(preflight({ 'access-control-request-headers': names }))).toEqual(['Vary']);
    },
  );

  test('a preflight of nobody is one, and is allowed nothing', () => {
    const asked = { method: 'OPTIONS', headers: { 'access-control-request-method': 'GET' } };
    expect([isPreflight(asked), Object.keys(corsHeaders(asked))]).toEqual([true, ['Vary']]);
    expect(isPreflight({ ...asked, method: 'GET' })).toBe(false);
  });
});
