/** How many allocations of a group are in which state. */
interface GroupSummaryWire {
  readonly Queued: number;
  readonly Complete: number;
  readonly Failed: number;
  readonly Running: number;
  readonly Starting: number;
  readonly Lost: number;
  readonly Unknown: number;
}

export interface JobSummaryWire {
  readonly Summary: Readonly<Record<string, GroupSummaryWire>> | null;
}

/** A row of `GET /v1/jobs`. */
export interface JobStubWire {
  readonly ID: string;
  readonly Name: string;
  readonly Namespace: string;
  readonly NodePool: string;
  readonly Type: string;
  readonly Priority: number;
  readonly Stop: boolean;
  readonly Status: string;
  /** Unix nanoseconds. */
  readonly SubmitTime: number;
}

/** `GET /v1/job/:id`. */
export interface JobWire extends JobStubWire {
  readonly Datacenters: readonly string[] | null;
  readonly Version: number;
  readonly Stable: boolean;
  readonly StatusDescription: string;
  readonly JobModifyIndex: number;
  readonly TaskGroups: readonly JobGroupWire[] | null;
}

interface JobGroupWire {
  readonly Name: string;
  readonly Count: number;
}

/** What every change of a job is answered. */
export interface JobWrittenWire {
  /** Empty when nothing is to be considered. */
  readonly EvalID: string;
  readonly JobModifyIndex: number;
  readonly Warnings: string;
}

/** What was told when a group was scaled. */
export interface ScalingEventWire {
  /** `null` where nothing has changed. */
  readonly Count: number | null;
  readonly PreviousCount: number;
  readonly Error: boolean;
  readonly Message: string;
  readonly EvalID: string | null;
  /** Unix nanoseconds. */
  readonly Time: number;
  readonly CreateIndex: number;
}

/** `GET /v1/job/:id/scale`. */
export interface JobScaleWire {
  readonly TaskGroups: Readonly<Record<string, { readonly Events: readonly ScalingEventWire[] | null }>> | null;
}
