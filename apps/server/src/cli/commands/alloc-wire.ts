import type { AllocMetricWire } from './eval-wire.js';

interface TaskEventWire {
  readonly Type: string;
  /** Unix nanoseconds. */
  readonly Time: number;
  readonly DisplayMessage?: string;
  readonly Message?: string;
}

export interface TaskStateWire {
  readonly State: string;
  readonly Failed: boolean;
  readonly Restarts: number;
  readonly LastRestart?: string | null;
  readonly StartedAt: string | null;
  readonly FinishedAt: string | null;
  readonly Events: readonly TaskEventWire[] | null;
}

/** A row of lists of allocations. Allocations in full leave zero values out. */
export interface AllocStubWire {
  readonly ID: string;
  readonly EvalID?: string;
  readonly Name: string;
  readonly Namespace: string;
  readonly NodeID: string;
  readonly NodeName?: string;
  readonly JobID: string;
  readonly JobType?: string;
  readonly JobVersion?: number;
  readonly TaskGroup: string;
  readonly DesiredStatus: string;
  readonly DesiredDescription?: string;
  readonly DesiredTransition?: { readonly Migrate?: boolean | null } | null;
  readonly ClientStatus: string;
  readonly ClientDescription?: string;
  readonly TaskStates?: Readonly<Record<string, TaskStateWire>> | null;
  readonly FollowupEvalID?: string;
  readonly NextAllocation?: string;
  readonly CreateIndex?: number;
  /** Unix nanoseconds. */
  readonly CreateTime?: number;
  readonly ModifyTime?: number;
}

interface TaskSpecWire {
  readonly Name: string;
}

/** `GET /v1/allocation/:id`. */
export interface AllocWire extends AllocStubWire {
  readonly Job?: {
    readonly Type: string;
    readonly TaskGroups: readonly { readonly Name: string; readonly Tasks: readonly TaskSpecWire[] | null }[] | null;
  } | null;
  readonly PreviousAllocation?: string;
  readonly Metrics?: AllocMetricWire | null;
  /** What it has, all tasks together. */
  readonly Resources?: { readonly CPU?: number; readonly MemoryMB?: number; readonly DiskMB?: number } | null;
  readonly AllocatedResources?: {
    readonly Tasks: Readonly<
      Record<
        string,
        {
          readonly Cpu?: { readonly CpuShares?: number } | null;
          readonly Memory?: { readonly MemoryMB?: number; readonly MemoryMaxMB?: number } | null;
        }
      >
    > | null;
    readonly Shared?: {
      readonly DiskMB?: number;
      readonly Ports?:
        | readonly { readonly Label: string; readonly Value: number; readonly To?: number; readonly HostIP?: string }[]
        | null;
    } | null;
  } | null;
}
