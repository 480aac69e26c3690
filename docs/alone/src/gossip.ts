import { serverTags, SingleMemberPool } from '@steppe/gossip';
import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';

const tags = serverTags({
  id: 'c2f1d1f2-5d8e-4c1b-9d9e-0e6f3a7b1c11',
  region: 'north',
  datacenter: 'north-1',
  build: '1.0.0',
  rpcAddress: '127.0.0.1',
  rpcPort: 4647,
  bootstrapExpect: 1,
});
const pool = new SingleMemberPool(
  { name: 'alder.north', host: '127.0.0.1', port: 0, tags: () => tags },
  { clock: new SystemClock(), logger: silentLogger, metrics: noMetrics },
);
const { signal } = new AbortController();

await pool.start();
console.log(pool.members().map(({ name, status, tags: { region, port } }) => ({ name, status, region, port })));
console.log(await pool.join(['127.0.0.1:1'], { signal }));
await pool.leave();
console.log(pool.members()[0]?.status);
await pool.stop();
