import { expect, test } from '@jest/globals';
import { serverTags } from './server-tags.js';

const input = {
  id: 'uuid',
  region: 'global',
  datacenter: 'dc1',
  build: '2.0.6',
  rpcAddress: '10.0.0.1',
  rpcPort: 4647,
};
const common = {
  build: '2.0.6',
  dc: 'dc1',
  id: 'uuid',
  port: '4647',
  raft_vsn: '3',
  region: 'global',
  revision: '',
  role: 'nomad',
  rpc_addr: '10.0.0.1',
  vsn: '1',
};

test.each([
  [0, {}],
  [1, { bootstrap: '1', expect: '1' }],
  [3, { expect: '3' }],
])('with %i servers expected', (bootstrapExpect, more) => {
  expect(serverTags({ ...input, bootstrapExpect })).toEqual({ ...common, ...more });
});
