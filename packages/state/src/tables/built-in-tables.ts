import type { Table } from '../table/table.js';
import { ACL_BOOTSTRAP, ACL_POLICIES, ACL_ROLES, ACL_TOKENS, ONE_TIME_TOKENS } from './acl.js';
import { NODE_SECRETS, NODES } from './nodes.js';

/** Every table of Steppe's own. */
export const BUILT_IN_TABLES: readonly Table[] = [
  NODES,
  NODE_SECRETS,
  ACL_POLICIES,
  ACL_TOKENS,
  ACL_ROLES,
  ONE_TIME_TOKENS,
  ACL_BOOTSTRAP,
];
