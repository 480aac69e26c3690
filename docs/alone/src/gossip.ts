import { LAN_TIMING, NetTransport, Serf } from '@steppe/gossip';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';

const deps = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger, metrics: noMetrics };

async function start(name: string): Promise<Serf> {
  const transport = new NetTransport({ host: '127.0.0.1', port: 0 }, deps);
  const serf = new Serf({ memberlist: { ...LAN_TIMING, name }, tags: { role: 'cache' } }, { transport, ...deps });
  await serf.start();
  return serf;
}

const [alder, birch] = await Promise.all([start('alder'), start('birch')]);
const left = new Promise<void>((resolve) => {
  alder.onEvent((event) => {
    if (event.type === 'query') event.respond(Buffer.from('42 °C'));
    if (event.type.startsWith('member-') && 'members' in event) {
      console.log(
        event.type,
        event.members.map(({ name }) => name),
      );
    }
    if (event.type === 'member-leave') resolve();
  });
});

const { address, port } = alder.local();
console.log('joined', (await birch.join([{ host: address, port }])).joined);
console.log(birch.members().map(({ name, status, tags }) => ({ name, status, ...tags })));

const { responses } = await birch.query('temperature', Buffer.from(''), {
  timeoutMs: 500,
  filters: [{ type: 'node', names: ['alder'] }],
}).done;
console.log([...responses].map(([name, payload]) => `${name}: ${Buffer.from(payload).toString()}`));

await birch.leave();
await left;
await Promise.all([alder.stop(), birch.stop()]);
