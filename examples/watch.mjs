// A small system task: one line now and then about the machine it runs on.
import { freemem, hostname, loadavg, totalmem } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

export default async function watch({ signal, args }) {
  const [seconds = '10'] = args;
  while (!signal.aborted) {
    const memory = Math.round((1 - freemem() / totalmem()) * 100);
    console.log(JSON.stringify({ host: hostname(), load: loadavg()[0], memory: `${memory}%` }));
    await wait(Number(seconds) * 1_000, undefined, { signal }).catch(() => undefined);
  }
}
