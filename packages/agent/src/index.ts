/**
 * The role-independent agent: its HTTP API as a table of routes, target resolution, health, statistics, reload, lifecycle.
 * The apps compose it from the modules in `@steppe/agent/di`.
 * @packageDocumentation
 */
export { Agent } from './lifecycle/agent.js';
export type { AgentDeps } from './lifecycle/agent.js';
export type { AgentHost } from './lifecycle/agent-host.js';
export { runAgent } from './process/run-agent.js';
export type { AgentProcess, AgentSignal } from './process/run-agent.js';
export { runAgentCommand } from './process/run-agent-command.js';
export type { AgentFactory } from './process/run-agent-command.js';
export { nodeHost, nodeProcess } from './process/node-process.js';

export type { AgentIdentity } from './identity/agent-identity.js';
export { memberName } from './identity/agent-identity.js';
export { AgentAddresses } from './identity/agent-addresses.js';
export { BUILD } from './identity/build.js';

export { defineRoute } from './http/route.js';
export { requirementOf } from './http/acl-rule.js';
export type {
  AclRule,
  RequestRequirement,
  RequestTarget,
  Requirement,
  RuleRequirement,
  TokenErrorStyle,
} from './http/acl-rule.js';
export type { AnyHttpRoute, HttpMethod, HttpRoute, HttpRouteContribution, RoleRule } from './http/route.js';
export type { PathParameters } from './http/request/path-parameters.js';
export { ApiRequest } from './http/request/api-request.js';
export { Query } from './http/request/query.js';
export type { CommonParameters } from './http/request/common-parameters.js';
export { bytes, chunks, empty, json, plainText, stream } from './http/reply/reply.js';
export type { ByteSink, Reply, ReplyHeaders, StreamWriter } from './http/reply/reply.js';
export { API_ERRORS, apiError } from './http/api-error.js';
export type { ApiError, ApiErrorCode, ApiErrorDetail } from './http/api-error.js';
export { TableErrorMapper } from './http/error-mapper.js';
export type { HttpErrorMapper, HttpFailure } from './http/error-mapper.js';
export type { ExpressContribution } from './http/express-host.js';

export type { HealthCheck, HealthCheckOptions, HealthResult } from './health/health-check.js';
export { HEALTHY } from './health/health-check.js';
export type { StatsSection } from './stats/stats-section.js';
export type { Reloadable } from './reload/reloader.js';

export type {
  BlockingReadOptions,
  ClusterView,
  MembersView,
  NodePage,
  ReadOptions,
  StateRead,
  StateServer,
} from './cluster/cluster-view.js';
export type { TargetQuery, TargetResolver } from './targets/target-resolver.js';
export type { Destination } from './targets/destination.js';
export type { AgentName, AnsweredBy } from './http/answered-by.js';
export { AGENT_METRICS } from './metrics/agent-metrics.js';
export { verifyAuditLog } from './audit/verify-audit-log.js';
export type { AuditVerdict } from './audit/verify-audit-log.js';
