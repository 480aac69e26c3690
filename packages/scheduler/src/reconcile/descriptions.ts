/** Why an allocation is as it is, in Nomad's words. @see spec "Reconcile": DesiredDescription */
export const DESCRIPTIONS = {
  notNeeded: 'alloc not needed due to job update',
  migrating: 'alloc is being migrated',
  updating: 'alloc is being updated due to job update',
  inPlace: 'alloc updating in-place',
  lost: 'alloc is lost since its node is down',
  unknown: 'alloc is unknown since its node is disconnected',
  reconnected: 'alloc not needed due to disconnected client reconnect',
  rescheduled: 'alloc was rescheduled because it failed',
  tainted: 'alloc not needed as node is tainted',
} as const;
