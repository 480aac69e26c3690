import type { Table } from '../table/table.js';
import { ACL_BOOTSTRAP, ACL_POLICIES, ACL_ROLES, ACL_TOKENS, ONE_TIME_TOKENS } from './acl.js';
import { ALLOCATIONS } from './allocations.js';
import { EVALUATIONS } from './evaluations.js';
import { JOB_SUBMISSIONS, JOB_VERSIONS, JOBS, SCALING_EVENTS } from './jobs.js';
import { NODE_SECRETS, NODES } from './nodes.js';
import { SIGNING_KEYS } from './signing-keys.js';
import { NAMESPACES, NODE_POOLS, SCHEDULER_CONFIGURATION } from './scheduling.js';

/** Every table of Steppe's own. */
export const BUILT_IN_TABLES: readonly Table[] = [
  NODES,
  NODE_SECRETS,
  NODE_POOLS,
  NAMESPACES,
  JOBS,
  JOB_VERSIONS,
  JOB_SUBMISSIONS,
  SCALING_EVENTS,
  EVALUATIONS,
  ALLOCATIONS,
  SCHEDULER_CONFIGURATION,
  SIGNING_KEYS,
  ACL_POLICIES,
  ACL_TOKENS,
  ACL_ROLES,
  ONE_TIME_TOKENS,
  ACL_BOOTSTRAP,
];
