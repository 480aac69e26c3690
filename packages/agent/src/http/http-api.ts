import type { AgentConfig } from '@steppe/config';
import type { Clock, Logger, Metrics, Phase, Startable } from '@steppe/runtime';
import type { AgentIdentity } from '../identity/agent-identity.js';
import type { Reloadable } from '../reload/reloader.js';
import type { ApiRelay } from '../relay/api-relay.js';
import type { RelayEntrance } from '../relay/relay-entrance.js';
import type { TargetResolver } from '../targets/target-resolver.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { AclGate } from './acl-gate.js';
import { ApiAnswers } from './api-answers.js';
import { ApiDispatcher } from './api-dispatcher.js';
import type { HttpErrorMapper } from './error-mapper.js';
import type { ExpressContribution } from './express-host.js';
import { createExpressHost } from './express-host.js';
import { HttpListener } from './listener/http-listener.js';
import type { MountedRoutes } from './mounted-routes.js';
import { ParseErrors } from './listener/parse-errors.js';
import type { TlsSettings } from './listener/tls-settings.js';
import type { HttpRouteContribution } from './route.js';
import { RouteTable } from './route-table.js';

export interface HttpApiOptions {
  readonly config: AgentConfig;
  readonly identity: AgentIdentity;
}

export interface HttpApiDeps {
  readonly routes: readonly HttpRouteContribution[];
  readonly express: readonly ExpressContribution[];
  readonly gate: AclGate;
  readonly errors: HttpErrorMapper;
  readonly audit: AuditLog;
  readonly mounted: MountedRoutes;
  readonly targets: TargetResolver;
  readonly relay: ApiRelay;
  /** Where other agents bring requests. */
  readonly entrance: RelayEntrance;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The HTTP side of an agent: the table of operations, its dispatcher on Express, and the listener in front. */
export class HttpApi implements Startable, Reloadable {
  readonly name = 'http';
  readonly phase: Phase = 'listen';
  /** The operations, as mounted. */
  readonly table: RouteTable;
  readonly #listener: HttpListener;

  constructor({ config, identity }: HttpApiOptions, deps: HttpApiDeps) {
    const { clock, logger, metrics, gate, errors, targets, relay, entrance, audit } = deps;
    const responseHeaders = config.httpApiResponseHeaders;
    this.table = new RouteTable(deps.routes);
    const { table } = this;
    const answers = new ApiAnswers(
      { roles: identity.roles, authoritativeRegion: config.server.authoritativeRegion },
      { table, gate, targets, relay, errors, audit, logger },
    );
    entrance.attach({ table, answers });
    deps.mounted.attach(table);
    const dispatcher = new ApiDispatcher({ responseHeaders }, { table, answers, clock, logger, metrics });
    const parseErrors = new ParseErrors({ responseHeaders }, { refuseMethod: (path) => dispatcher.refuseMethod(path) });
    this.#listener = new HttpListener(
      {
        hosts: config.addresses.http.split(/\s+/),
        port: config.ports.http,
        tls: tlsSettings(config),
        maxConnectionsPerClient: config.limits.httpMaxConnsPerClient,
        handshakeTimeoutMs: config.limits.httpsHandshakeTimeoutMs,
      },
      {
        handler: createExpressHost(dispatcher, deps.express),
        onParseError: parseErrors.answer,
        onStop: () => dispatcher.stop(),
        clock,
        logger,
        metrics,
      },
    );
  }

  /** The addresses really bound; empty before start. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#listener.addresses;
  }

  start(): Promise<void> {
    return this.#listener.start();
  }

  stop(): Promise<void> {
    return this.#listener.stop();
  }

  /** New connections get the new certificates, or the new protocol; the ports stay open all the while. */
  reload(config: AgentConfig): Promise<void> {
    return this.#listener.reloadTls(tlsSettings(config));
  }
}

function tlsSettings({ tls }: AgentConfig): TlsSettings | undefined {
  if (!tls.http) return undefined;
  return {
    caFile: tls.caFile,
    certFile: tls.certFile,
    keyFile: tls.keyFile,
    verifyClient: tls.verifyHttpsClient,
    minVersion: tls.tlsMinVersion,
    cipherSuites: tls.tlsCipherSuites,
  };
}
