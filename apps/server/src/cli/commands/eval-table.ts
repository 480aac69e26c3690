import { formatColumns } from '../format/columns.js';
import type { EvalStubWire, EvalWire } from './eval-wire.js';
import { shownId } from './node-table.js';

type Shown = Readonly<Record<'isVerbose', boolean>>;

/** Whether not everything could be placed, as far as an evaluation can tell yet. */
export const placementFailed = ({ Status, FailedTGAllocs }: EvalWire): string =>
  Status === 'blocked' ? 'N/A - In Progress' : `${Object.keys(FailedTGAllocs ?? {}).length > 0}`;

/** Evaluations of one job. */
export const jobEvalTable = (evals: readonly EvalWire[], { isVerbose }: Shown): string =>
  formatColumns([
    ['ID', 'Priority', 'Triggered By', 'Status', 'Placement Failures'],
    ...evals.map((each) => [
      shownId(each.ID, isVerbose),
      `${each.Priority}`,
      each.TriggeredBy,
      each.Status,
      placementFailed(each),
    ]),
  ]);

/** Evaluations of any job. */
export const evalTable = (evals: readonly EvalWire[], { isVerbose }: Shown): string =>
  formatColumns([
    ['ID', 'Priority', 'Triggered By', 'Job ID', 'Namespace', 'Node ID', 'Status', 'Placement Failures'],
    ...evals.map((each) => [
      shownId(each.ID, isVerbose),
      `${each.Priority}`,
      each.TriggeredBy,
      each.JobID ?? '',
      each.Namespace ?? '',
      shownId(each.NodeID ?? '', isVerbose),
      each.Status,
      placementFailed(each),
    ]),
  ]);

/** What one evaluation led to or came from. */
export const relatedTable = (evals: readonly EvalStubWire[], { isVerbose }: Shown): string =>
  formatColumns([
    ['ID', 'Priority', 'Triggered By', 'Node ID', 'Status', 'Description'],
    ...evals.map((each) => [
      shownId(each.ID, isVerbose),
      `${each.Priority}`,
      each.TriggeredBy,
      shownId(each.NodeID ?? '', isVerbose),
      each.Status,
      each.StatusDescription ?? '',
    ]),
  ]);
