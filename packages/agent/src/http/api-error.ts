import type { JobKey } from '@steppe/domain';
import { goQuote, SteppeError } from '@steppe/domain';

type Text = string | ((...values: never[]) => string);
interface Row {
  readonly status: number;
  readonly text: Text;
}

/**
 * Every error this API raises itself: its HTTP status and the exact text stock clients match on.
 * @see spec "Errors" and the endpoint sections of the agent HTTP API
 */
export const API_ERRORS = {
  INVALID_METHOD: { status: 405, text: 'Invalid method' },
  ROLE_MISSING: { status: 501, text: 'Invalid method' },
  SERVER_ONLY: { status: 400, text: 'Server only endpoint' },
  PERMISSION_DENIED: { status: 403, text: 'Permission denied' },
  TOKEN_REFUSED: { status: 403, text: (reason: string) => reason },
  BODY_EMPTY: { status: 400, text: 'Request body is empty' },
  BODY_INVALID: { status: 400, text: (reason: string) => reason },
  BODY_TOO_LARGE: { status: 413, text: (limit: number) => `request body is larger than ${limit} bytes` },

  STALE_INVALID: { status: 400, text: 'Expect `true` or `false` for `stale` query string parameter' },
  PER_PAGE_INVALID: { status: 400, text: 'Expect a number for `per_page` query string parameter' },
  WAIT_INVALID: { status: 400, text: 'Invalid wait time' },
  INDEX_INVALID: { status: 400, text: 'Invalid index' },

  NO_LEADER: { status: 500, text: 'No cluster leader' },
  NO_SERVERS: { status: 500, text: 'no servers' },
  REGION_UNKNOWN: { status: 500, text: 'No path to region' },
  SERVER_UNKNOWN: { status: 500, text: (server: string) => `unknown Nomad server ${server}` },
  NODE_ID_LENGTH: { status: 500, text: 'node lookup failed: UUID must be 36 characters' },
  NODE_UNKNOWN: { status: 404, text: (node: string) => `Unknown node "${node}"` },
  NODE_ID_MISSING: { status: 400, text: 'No local Node and node_id not provided' },
  NODE_UNREACHABLE: { status: 404, text: 'No path to node' },
  NODE_VERSION_UNKNOWN: { status: 400, text: 'Unable to determine Nomad version' },
  NODE_RPC_UNSUPPORTED: { status: 400, text: 'Node does not support RPC; requires 0.8 or later' },
  ROUTE_UNKNOWN: { status: 404, text: (path: string) => `the agent that answers has no ${path}` },
  TOO_MANY_HOPS: { status: 500, text: 'the request was passed on too often: the agents disagree about who answers it' },
  PROFILE_PARAMETER: { status: 400, text: (parameter: string, what: string) => `${parameter} is not for ${what}` },
  PROFILE_SINCE_INVALID: { status: 400, text: (reason: string) => `invalid since: ${reason}` },
  NODE_NOT_FOUND: { status: 404, text: 'node not found' },
  ACL_DISABLED: { status: 400, text: 'ACL support disabled' },
  ACL_LATER: { status: 501, text: (what: string) => `${what} are not supported` },
  ACL_POLICY_UNKNOWN: { status: 404, text: 'ACL policy not found' },
  ACL_POLICY_NAME_MISSING: { status: 400, text: 'Missing Policy Name' },
  ACL_POLICY_NAME_MISMATCH: { status: 400, text: 'ACL policy name does not match request path' },
  ACL_TOKEN_UNKNOWN: { status: 404, text: 'ACL token not found' },
  ACL_TOKENS_UNKNOWN: { status: 400, text: (accessor: string) => `Cannot delete nonexistent tokens: ${accessor}` },
  ACL_TOKEN_ACCESSOR_MISSING: { status: 400, text: 'Missing Token Accessor' },
  ACL_TOKEN_ACCESSOR_MISMATCH: { status: 400, text: 'ACL token accessor does not match request path' },
  ACL_TOKEN_LOOKUP_FAILED: {
    status: 500,
    text: (reason: string) => `acl token lookup failed: ${reason}`,
  },
  ACL_TOKEN_DELETE_FAILED: {
    status: 400,
    text: (reason: string) => `token lookup failed: acl token lookup failed: ${reason}`,
  },
  ACL_TOKEN_UNUSABLE: { status: 500, text: (reason: string) => reason },
  ACL_TOKEN_PREFIX_INVALID: { status: 500, text: (reason: string) => `acl token lookup failed: ${reason}` },
  ACL_ONE_TIME_SECRET_MISSING: { status: 500, text: 'one-time token lookup failed: missing secret' },
  ACL_ROLE_UNKNOWN: { status: 404, text: 'ACL role not found' },
  ACL_ROLE_GONE: { status: 500, text: 'ACL role not found' },
  ACL_ROLE_ID_MISSING: { status: 400, text: 'missing ACL role ID' },
  ACL_ROLE_NAME_MISSING: { status: 400, text: 'missing ACL role name' },
  ACL_ROLE_ID_MISMATCH: { status: 400, text: 'ACL role ID does not match request path' },
  ACL_ROLE_URI_INVALID: { status: 400, text: 'invalid URI' },
  ACL_BODY_INVALID: { status: 400, text: (reason: string) => `failed to decode request body: ${reason}` },
  ACL_EXPLAIN_INVALID: { status: 400, text: (reason: string) => reason },
  NODE_DRAINING: {
    status: 500,
    text: "can not set node's scheduling eligibility to eligible while it is draining",
  },
  NODE_CHANGE_INVALID: { status: 400, text: (reason: string) => reason },
  OIDC_DISABLED: { status: 404, text: 'OIDC Discovery endpoint not enabled' },
  SIGNING_REFUSED: {
    status: 403,
    text: (allocation: string, reason: string) => `no token for a task of allocation "${allocation}": ${reason}`,
  },
  SIGNING_KEY_MISSING: { status: 500, text: 'there is no key yet to sign the tokens of tasks with' },
  ALLOC_ID_MISSING: { status: 400, text: 'must provide a valid alloc id' },
  ALLOC_TASK_MISSING: { status: 400, text: 'must provide task name' },
  ALLOC_TASK_UNKNOWN: { status: 404, text: (task: string) => `unknown task name "${task}"` },
  ALLOC_LOG_TYPE_INVALID: { status: 400, text: 'must provide log type (stdout/stderr)' },
  ALLOC_ORIGIN_INVALID: { status: 400, text: 'origin must be start or end' },
  ALLOC_PATH_MISSING: { status: 400, text: 'must provide a file name' },
  ALLOC_FILE_IS_FOLDER: { status: 400, text: (path: string) => `file ${JSON.stringify(path)} is a directory` },
  ALLOC_COUNT_INVALID: {
    status: 400,
    text: (name: string, value: string) => `error parsing ${name}: ${JSON.stringify(value)} is no count of bytes`,
  },
  ALLOC_RESTART_CONFLICT: {
    status: 400,
    text: (task: string) => `TaskName must be empty with AllTasks, got ${JSON.stringify(task)}`,
  },
  ALLOC_SIGNAL_MISSING: { status: 400, text: 'must provide a signal: Signal is empty' },
  ALLOC_UNKNOWN: { status: 404, text: (id: string) => `Unknown allocation "${id}"` },
  TARGET_REFUSED: { status: 400, text: (reason: string) => reason },
  TARGETS_CONFLICT: { status: 400, text: 'Cannot target node and server simultaneously' },
  HOST_TARGETS_CONFLICT: { status: 400, text: 'Can only forward to either client node or server' },

  JOB_MISSING: { status: 400, text: 'Job must be specified' },
  JOB_ID_MISSING: { status: 400, text: "Job ID hasn't been provided" },
  JOB_ID_MISMATCH: { status: 400, text: 'Job ID does not match name' },
  JOB_INVALID: { status: 400, text: (reason: string) => reason },
  JOB_REQUEST_INVALID: { status: 400, text: (reason: string) => reason },
  JOB_NOT_FOUND: { status: 404, text: 'job not found' },
  JOB_VERSION_UNKNOWN: {
    status: 404,
    text: ({ namespace, id }: JobKey, version: number) =>
      `job ${goQuote(id)} in namespace ${goQuote(namespace)} at version ${version} not found`,
  },
  JOB_VERSIONS_NOT_FOUND: { status: 404, text: 'job versions not found' },
  JOB_SOURCE_UNKNOWN: { status: 404, text: 'job source not found' },
  JOB_REVERT_REFUSED: { status: 400, text: (reason: string) => reason },
  JOB_INDEX_ENFORCED: {
    status: 500,
    text: (index: number, conflict: string) => `Enforcing job modify index ${index}: ${conflict}`,
  },
  JOB_REGISTRATION_REJECTED: {
    status: 403,
    text: 'Job registration, dispatch, and scale are disabled by the scheduler configuration',
  },
  EVAL_NOT_FOUND: { status: 404, text: 'eval not found' },
  EVALS_DELETE_REFUSED: { status: 400, text: (reason: string) => reason },
  EVALS_BROKER_RUNNING: {
    status: 500,
    text: 'eval broker is enabled; eval broker must be paused to delete evals',
  },
  FILTER_CONFLICT: { status: 400, text: 'Filter expression cannot be used with other filter parameters' },
  ALLOC_NOT_FOUND: { status: 404, text: 'alloc not found' },
  ALLOC_TO_STOP_NOT_FOUND: { status: 404, text: 'allocation not found' },
  SCHEDULER_ALGORITHM_INVALID: { status: 400, text: (name: string) => `invalid scheduler algorithm: ${name}` },
  CAS_INVALID: { status: 400, text: (reason: string) => `Error parsing cas value: ${reason}` },
  EVENT_BROKER_DISABLED: { status: 400, text: 'there are no events: server.enable_event_broker is false' },
  EVENT_TOPIC_INVALID: { status: 400, text: (reason: string) => reason },
  SEARCH_CONTEXT_UNKNOWN: {
    status: 400,
    text: (known: readonly string[], name: string) =>
      `context must be one of [${known.join(' ')}] or "all" for all contexts; got ${goQuote(name)}`,
  },
  SEARCH_FUZZY_DISABLED: { status: 400, text: 'fuzzy search is not enabled' },
  SEARCH_TERM_SHORT: {
    status: 400,
    text: (least: number, term: string) =>
      `fuzzy search query must be at least ${least} characters, got ${term.length}: ${goQuote(term)}`,
  },
  NAMESPACE_NOT_FOUND: { status: 404, text: 'Namespace not found' },
  NAMESPACE_REFUSED: { status: 400, text: (reason: string) => reason },
  NODE_POOL_NOT_FOUND: { status: 404, text: 'node pool not found' },
  NODE_POOL_REFUSED: { status: 400, text: (reason: string) => reason },

  JOIN_ADDRESS_MISSING: { status: 400, text: 'missing address to join' },
  SERVER_ADDRESS_MISSING: { status: 400, text: 'missing server address' },
  FORCE_LEAVE_NODE_MISSING: { status: 400, text: 'missing node to force leave' },
  PRUNE_INVALID: { status: 400, text: 'invalid prune value' },
  KEYRING_OPERATION_UNKNOWN: { status: 404, text: 'resource not found' },
  SCHEDULERS_BODY_INVALID: { status: 400, text: (reason: string) => `Invalid request: ${reason}` },
  SCHEDULERS_VALUES_INVALID: { status: 400, text: 'Invalid request' },
  SNAPSHOT_UNUSABLE: { status: 400, text: (reason: string) => reason },
  RESTORE_RUNNING: { status: 409, text: 'another snapshot is being restored' },
  PPROF_ROOT: { status: 404, text: 'Invalid method' },
  PROMETHEUS_DISABLED: { status: 415, text: 'Prometheus is not enabled' },

  LOG_LEVEL_UNKNOWN: { status: 400, text: (level: string) => `Unknown log level: ${level}` },
  LOG_OPTION_INVALID: {
    status: 400,
    text: (option: string, reason: string) => `Unknown option for ${option}: ${reason}`,
  },
  LOG_RING_DISABLED: { status: 400, text: 'log_ring is not enabled on the agent: it has no past log to stream' },
  STREAMS_FULL: { status: 429, text: (reason: string) => reason },
  READER_STALLED: {
    status: 408,
    text: (seconds: number) => `the reader of the stream has taken nothing for ${seconds} seconds`,
  },
  LOG_LEVEL_BODY_INVALID: { status: 400, text: (reason: string) => reason },
  EXPORT_OPTION_INVALID: {
    status: 400,
    text: (option: string, reason: string) => `Unknown value for ${option}: ${reason}`,
  },
  EXPORT_SOURCES_CONFLICT: { status: 400, text: 'Cannot target journald and nomad log file simultaneously' },
  EXPORT_SOURCE_MISSING: { status: 400, text: 'Either -service-name or -on-disk must be set' },
  EXPORT_FOLLOW_FILE: { status: 400, text: 'Cannot follow log file' },
  EXPORT_SERVICE_NAME_INVALID: { status: 422, text: (reason: string) => reason },
} as const satisfies Readonly<Record<string, Row>>;

export type ApiErrorCode = keyof typeof API_ERRORS;

export interface ApiErrorDetail {
  readonly code: ApiErrorCode;
  readonly status: number;
}

export type ApiError = SteppeError<ApiErrorDetail>;

type Values<C extends ApiErrorCode> = (typeof API_ERRORS)[C]['text'] extends (...values: infer V) => string ? V : [];

/** An error of the table, its text filled with `values`. */
export function apiError<C extends ApiErrorCode>(code: C, ...values: Values<C>): ApiError {
  const { status, text } = API_ERRORS[code] as Row;
  return new SteppeError({ code, status }, typeof text === 'string' ? text : text(...(values as never[])));
}
