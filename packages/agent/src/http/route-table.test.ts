import { describe, expect, test } from '@jest/globals';
import { empty } from './reply/reply.js';
import { defineRoute } from './route.js';
import { RouteTable } from './route-table.js';

const route = (path: string) =>
  defineRoute({ path, methods: ['GET'], summary: path, acl: undefined, handle: () => empty() });
const tableOf = (...paths: readonly string[]) => new RouteTable([{ routes: paths.map(route) }]);

describe('RouteTable', () => {
  const table = tableOf(
    '/v1/nodes',
    '/v1/node/:id',
    '/v1/node/:id/drain',
    '/v1/role/:id',
    '/v1/role/name/:name',
    '/v1/p/*',
    '/v1/node/pool/:name',
    '/v1/job/:id+',
    '/v1/job/:id+/plan',
    '/v1/job/:id+/a/plan',
  );

  test.each([
    ['/v1/nodes', '/v1/nodes', {}],
    ['/v1/node/a', '/v1/node/:id', { id: 'a' }],
    ['/v1/node/a%2Fb', '/v1/node/:id', { id: 'a/b' }],
    ['/v1/node/a%', '/v1/node/:id', { id: 'a%' }],
    ['/v1/node/a/drain', '/v1/node/:id/drain', { id: 'a' }],
    ['/v1/node/drain', '/v1/node/:id', { id: 'drain' }],
    ['/v1/role/name/x', '/v1/role/name/:name', { name: 'x' }],
    ['/v1/role/name', '/v1/role/:id', { id: 'name' }],
    ['/v1/node/pool/drain', '/v1/node/pool/:name', { name: 'drain' }],
    ['/v1/job/a', '/v1/job/:id+', { id: 'a' }],
    ['/v1/job/a/b', '/v1/job/:id+', { id: 'a/b' }],
    ['/v1/job/a/b/plan', '/v1/job/:id+/plan', { id: 'a/b' }],
    ['/v1/job/b/a/plan', '/v1/job/:id+/a/plan', { id: 'b' }],
    ['/v1/job/a%2Fb/plan', '/v1/job/:id+/plan', { id: 'a/b' }],
    ['/v1/job/plan', '/v1/job/:id+', { id: 'plan' }],
    ['/v1/p/a/b', '/v1/p/*', { '*': 'a/b' }],
  ])('%s is %s with %j', (path, expected, parameters) => {
    const match = table.match(path);
    expect(match?.entry.path).toBe(expected);
    expect(match?.parameters).toEqual(parameters);
  });

  test.each(['/v1/job/', '/v1/node/', '/v1/node//drain', '/v1/node/a/b', '/v1/node/a/b/drain', '/v1/p', '/v2/nodes'])(
    '%s is nobody’s',
    (path) => {
      expect(table.match(path)).toBeUndefined();
    },
  );

  test('two contributions of one method and path are refused, naming both', () => {
    expect(() => tableOf('/v1/nodes', '/v1/nodes')).toThrow(
      'two contributions to HttpRouteContribution declare GET /v1/nodes',
    );
  });
});

describe('a route that pages of other origins may read', () => {
  const handle = () => empty();
  const common = { path: '/v1/open', summary: '', acl: undefined, handle };
  const get = defineRoute({ ...common, methods: ['GET'], cors: true });
  const head = defineRoute({ ...common, methods: ['HEAD'] });

  test('takes HEAD besides, and has its path say so', () => {
    const { entry } = new RouteTable([{ routes: [get] }]).match('/v1/open') ?? {};
    expect([entry?.cors, entry?.byMethod.has('HEAD'), entry?.routes]).toEqual([true, true, [get]]);
  });

  test.each([
    ['before', [head, get]],
    ['after', [get, head]],
  ])('no other takes that, declared %s it', (_, routes) => {
    expect(() => new RouteTable([{ routes }])).toThrow('HEAD /v1/open');
  });
});
