// A web service as a module: its default function runs until the signal aborts.
import { createServer } from 'node:http';
import { once } from 'node:events';

export default async function web({ signal, args, env, allocation }) {
  const [greeting = 'Hello'] = args;
  const server = createServer((request, response) => {
    console.log(`${request.method} ${request.url}`);
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(`${greeting} from ${env.NOMAD_ALLOC_NAME ?? allocation.task} (${allocation.id})\n`);
  });
  server.listen(Number(env.NOMAD_PORT_http), env.NOMAD_IP_http);
  await once(server, 'listening');
  console.log(`listening on http://${env.NOMAD_ADDR_http}`);
  if (!signal.aborted) await once(signal, 'abort');
  console.log('stopping: no new connections, and those that are idle are closed');
  server.close();
  server.closeIdleConnections();
  await once(server, 'close');
}
