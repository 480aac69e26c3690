/** Why a group could not be placed. Zero values are left out. */
export interface AllocMetricWire {
  readonly NodesEvaluated?: number;
  readonly NodesFiltered?: number;
  readonly NodesInPool?: number;
  readonly NodePool?: string;
  readonly NodesAvailable?: Readonly<Record<string, number>> | null;
  readonly ClassFiltered?: Readonly<Record<string, number>> | null;
  readonly ConstraintFiltered?: Readonly<Record<string, number>> | null;
  readonly NodesExhausted?: number;
  readonly ClassExhausted?: Readonly<Record<string, number>> | null;
  readonly DimensionExhausted?: Readonly<Record<string, number>> | null;
  readonly QuotaExhausted?: readonly string[] | null;
  readonly ScoreMetaData?:
    | readonly {
        readonly NodeID: string;
        readonly Scores: Readonly<Record<string, number>> | null;
        readonly NormScore: number;
      }[]
    | null;
  readonly CoalescedFailures?: number;
}

export type FailedGroupsWire = Readonly<Record<string, AllocMetricWire>>;

/** An evaluation that led to another, or came of it. */
export interface EvalStubWire {
  readonly ID: string;
  readonly Priority: number;
  readonly TriggeredBy: string;
  readonly Status: string;
  readonly StatusDescription?: string;
  readonly NodeID?: string;
}

/** `GET /v1/evaluation/:id`, and a row of lists. Zero values are left out. */
export interface EvalWire extends EvalStubWire {
  readonly Namespace?: string;
  readonly Type: string;
  readonly JobID?: string;
  readonly DeploymentID?: string;
  /** Nanoseconds. */
  readonly Wait?: number;
  readonly WaitUntil?: string;
  readonly NextEval?: string;
  readonly PreviousEval?: string;
  readonly BlockedEval?: string;
  readonly RelatedEvals?: readonly EvalStubWire[] | null;
  readonly FailedTGAllocs?: FailedGroupsWire | null;
  readonly QueuedAllocations?: Readonly<Record<string, number>> | null;
  readonly SnapshotIndex?: number;
  readonly CreateIndex?: number;
  /** Unix nanoseconds. */
  readonly CreateTime?: number;
  readonly ModifyTime?: number;
}
