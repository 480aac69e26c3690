export interface NamespaceWire {
  readonly Name: string;
  readonly Description: string;
  readonly Capabilities?: Readonly<Record<string, readonly string[] | null>> | null;
  readonly NodePoolConfiguration?: {
    readonly Default: string;
    readonly Allowed: readonly string[] | null;
    readonly Denied: readonly string[] | null;
  } | null;
  readonly Meta?: Readonly<Record<string, string>> | null;
}

export interface NodePoolWire {
  readonly Name: string;
  readonly Description: string;
  readonly Meta: Readonly<Record<string, string>> | null;
  readonly SchedulerConfiguration: {
    readonly SchedulerAlgorithm: string;
    readonly MemoryOversubscriptionEnabled?: boolean | null;
  } | null;
}
