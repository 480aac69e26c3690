import { LogHubImpl, MonitorStream } from '@steppe/log-stream';
import { SystemClock } from '@steppe/runtime';

const clock = new SystemClock();
const hub = new LogHubImpl({ level: 'info' }, { clock });
hub.addSink({ write: (line) => process.stdout.write(`agent:  ${line}`) });

// A live stream at a level of its own, into anything that can say "enough".
const leave = new AbortController();
const sink = {
  write: (bytes: Uint8Array) => {
    const text = Buffer.from(bytes).toString();
    if (text.includes('member joined')) leave.abort();
    return process.stdout.write(text.replaceAll(/^(?=.)/gm, 'stream: '));
  },
  onDrain: (callback: () => void) => void process.stdout.once('drain', callback),
};
const stream = new MonitorStream({ level: 'debug', plain: true }, { hub, clock }).run(sink, { signal: leave.signal });

const log = hub.logger('nomad').named('gossip').with({ region: 'north' });
log.debug('probe sent', { to: 'birch.north' });
log.info('member joined', { name: 'birch.north', members: 3 });
await stream;
