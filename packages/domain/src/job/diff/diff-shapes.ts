/** `None` is only shown as the surroundings of a difference. */
export type DiffType = 'None' | 'Added' | 'Deleted' | 'Edited';

/** A value that differs. Names of the shapes are the API's. */
export interface FieldDiff {
  readonly Type: DiffType;
  readonly Name: string;
  readonly Old: string;
  readonly New: string;
  readonly Annotations: readonly string[] | null;
}

/** A block that differs. */
export interface ObjectDiff {
  readonly Type: DiffType;
  readonly Name: string;
  readonly Fields: readonly FieldDiff[] | null;
  readonly Objects: readonly ObjectDiff[] | null;
}

export interface TaskDiff extends ObjectDiff {
  readonly Annotations: readonly string[] | null;
}

export interface TaskGroupDiff extends ObjectDiff {
  readonly Tasks: readonly TaskDiff[] | null;
  /** By kind of change: of how many allocations. */
  readonly Updates: Readonly<Record<string, number>> | null;
}

export interface JobDiff {
  readonly Type: DiffType;
  readonly ID: string;
  readonly Fields: readonly FieldDiff[] | null;
  readonly Objects: readonly ObjectDiff[] | null;
  readonly TaskGroups: readonly TaskGroupDiff[] | null;
}
