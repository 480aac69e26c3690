import type { Table } from '../table/table.js';
import { NODE_SECRETS, NODES } from './nodes.js';

/** Every table of Steppe's own. */
export const BUILT_IN_TABLES: readonly Table[] = [NODES, NODE_SECRETS];
