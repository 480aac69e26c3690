/**
 * The region's shared state and who leads it.
 * @packageDocumentation
 */
export { ChangeIndex } from './store/change-index.js';
export type { WaitOptions } from './store/change-index.js';
export { MemoryStateStore } from './store/state-store.js';
export type { BlockingOptions, Indexed, StateStore } from './store/state-store.js';
export type { Leader, Leadership } from './leadership/leadership.js';
export { SingleServerLeadership } from './leadership/single-server-leadership.js';
export type { SingleServerOptions } from './leadership/single-server-leadership.js';
