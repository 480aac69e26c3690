const HOSTS_PER_NET = 250;
let hosts = 0;

/**
 * A loopback address nobody else uses: where ports are fixed, as a user's are, each agent has a host of its own. The first
 * parts come from the process, so that programs side by side do not meet.
 */
export function ownLoopbackHost(): string {
  const net = Math.floor(process.pid / 200) + Math.floor(hosts / HOSTS_PER_NET);
  const host = `127.${1 + (process.pid % 200)}.${1 + (net % HOSTS_PER_NET)}.${1 + (hosts % HOSTS_PER_NET)}`;
  hosts += 1;
  return host;
}
