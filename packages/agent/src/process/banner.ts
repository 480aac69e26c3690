import type { AgentConfig } from '@steppe/config';
import { BUILD } from '../identity/build.js';
import type { Agent } from '../lifecycle/agent.js';

/** What a person sees once the agent runs: what it is, where it listens, and what to try. */
export function startBanner(agent: Agent, config: AgentConfig): string {
  const { identity } = agent;
  const roles = [identity.roles.server ? 'server' : '', identity.roles.client ? 'client' : ''].filter(
    (role) => role !== '',
  );
  const http = agent.httpAddresses.map(({ host, port }) => urlOf(config.tls.http, host, port));
  const rows: readonly (readonly [string, string])[] = [
    ['Steppe', `${BUILD.steppeVersion} (agent API of Nomad ${BUILD.apiVersion})`],
    ['Node name', identity.nodeName],
    ['Roles', roles.join(' and ')],
    ['Region', `${identity.region} (datacenter ${identity.datacenter})`],
    ['HTTP', http.join(' ')],
    ['RPC', identity.roles.server ? config.advertise.rpc : 'none'],
    ['Gossip', identity.roles.server ? config.advertise.serf : 'none'],
    ['Log level', config.logLevel.toUpperCase()],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const table = rows.map(([label, value]) => `    ${label.padStart(width)}: ${value}`).join('\n');
  return `==> Steppe agent configuration:\n\n${table}\n\n${thingsToTry(http[0] ?? '')}==> Steppe agent started! Log data will stream in below:\n\n`;
}

function thingsToTry(url: string): string {
  return [
    '==> Three things to try in another terminal:',
    '',
    `    curl ${url}/v1/agent/health`,
    `    curl '${url}/v1/agent/members?pretty'`,
    `    curl '${url}/v1/agent/monitor?log_level=debug&plain=true'`,
    '',
    '',
  ].join('\n');
}

const urlOf = (tls: boolean, host: string, port: number): string =>
  `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
