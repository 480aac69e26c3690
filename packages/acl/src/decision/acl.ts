/** The task a workload identity was made for, as variable checks need it. */
export interface WorkloadClaim {
  readonly namespace: string;
  /** Of a dispatched or periodic child the parent's. */
  readonly jobId: string;
  /** Empty when the allocation is gone. */
  readonly group: string;
  readonly task: string;
}

/**
 * What one caller may do: immutable, shared, and asked before state is touched. Every check fails closed: it is true only
 * where a rule, or the kind of caller, says so.
 *
 * Names match rules like this: a rule for the name itself decides, even one that grants nothing; else the pattern with the most
 * literal bytes, and of equals the last in byte order.
 * @see spec "Checks" of the ACL system
 */
export interface Acl {
  /** Management tokens, and everybody while ACLs are off. */
  isManagement(): boolean;

  /** @param namespace - `*` asks whether any namespace allows it */
  allowNamespaceOperation(namespace: string, operation: string): boolean;
  allowNamespaceOperationAnyOf(namespace: string, operations: readonly string[]): boolean;
  /** Any right at all. @param namespace - `*` asks about any namespace */
  allowNamespace(namespace: string): boolean;

  allowNodePoolOperation(pool: string, operation: string): boolean;
  allowNodePool(pool: string): boolean;
  /** Whether searching node pools can find any. */
  allowNodePoolSearch(): boolean;

  allowHostVolumeOperation(volume: string, operation: string): boolean;
  allowHostVolume(volume: string): boolean;

  /**
   * @param claim - of a workload, which may read and list the variables of its own job; leave it out for anything but reads
   */
  allowVariableOperation(namespace: string, path: string, operation: string, claim?: WorkloadClaim): boolean;
  /** A loose check before listing; every variable is checked on its own afterwards. */
  allowVariableSearch(namespace: string): boolean;

  allowAgentRead(): boolean;
  allowAgentWrite(): boolean;
  /**
   * Runtime profiles and host data. With ACLs on, the agent level decides; with ACLs off the agent's own `enable_debug`.
   */
  allowAgentDebug(enableDebug: boolean): boolean;
  allowNodeRead(): boolean;
  allowNodeWrite(): boolean;
  allowOperatorRead(): boolean;
  allowOperatorWrite(): boolean;
  allowOperatorOperation(capability: string): boolean;
  allowSentinelOperation(capability: string): boolean;
  allowQuotaRead(): boolean;
  allowQuotaWrite(): boolean;
  allowPluginRead(): boolean;
  allowPluginList(): boolean;

  /** Services of a namespace, which every workload sees. */
  allowServiceRead(namespace: string, isWorkload: boolean): boolean;
  /** Calls between servers. */
  allowServerOperation(): boolean;
  /** Calls of client nodes for their node pool. */
  allowClientOperation(pool: string): boolean;
}
