import { goQuote } from '@steppe/domain';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from '../api/api-client.js';
import { watchValue } from '../api/watch.js';
import type { CliIo } from '../cli-io.js';
import { formatSpan, momentMs } from '../format/time.js';
import type { AllocStubWire } from './alloc-wire.js';
import type { EvalWire } from './eval-wire.js';
import { shownId } from './node-table.js';
import { placementFailures } from './placement-failure.js';

/** Exit code when an evaluation has ended, but not everything could be placed. */
const NOT_ALL_PLACED = 2;
const NS_PER_MS = 1e6;

interface MonitorOptions {
  readonly isVerbose: boolean;
  /** The evaluation's, when it is not that of the request. */
  readonly namespace?: string | undefined;
}

/** Tells what becomes of an evaluation and of those that follow it, until the last one is through. */
export class EvalMonitor {
  readonly #client: ApiClient;
  readonly #io: CliIo;
  readonly #isVerbose: boolean;
  readonly #query: Readonly<Record<string, string>>;

  constructor(client: ApiClient, io: CliIo, { isVerbose, namespace = '' }: MonitorOptions) {
    this.#client = client;
    this.#io = io;
    this.#isVerbose = isVerbose;
    this.#query = namespace === '' ? {} : { namespace };
  }

  /** @returns the exit code: 0 when everything is placed, 2 when something is not, 1 when the user had enough */
  async follow(evalId: string): Promise<number> {
    const leave = new AbortController();
    const stopListening = this.#io.onInterrupt(() => leave.abort());
    try {
      let code = 0;
      for (let id: string | undefined = evalId; id !== undefined; ) {
        const evaluation: EvalWire = await this.#end(id, leave.signal);
        code = await this.#conclude(evaluation);
        id = await this.#following(evaluation, leave.signal);
      }
      return code;
    } catch (error) {
      if (leave.signal.aborted) return 1;
      throw error;
    } finally {
      stopListening();
    }
  }

  /** Tells each change of one evaluation. @returns it as it ended */
  async #end(id: string, signal: AbortSignal): Promise<EvalWire> {
    this.#headline(`Monitoring evaluation ${this.#shown(id)}`);
    let before: EvalWire | undefined;
    const query = { ...this.#query, related: 'true' };
    for await (const now of watchValue<EvalWire>(this.#client, `/v1/evaluation/${id}`, { query, signal })) {
      if (before === undefined) this.#line(triggerOf(now));
      if (before?.DeploymentID !== now.DeploymentID && (now.DeploymentID ?? '') !== '') {
        this.#line(`Evaluation within deployment: ${this.#shown(now.DeploymentID ?? '')}`);
      }
      if (before !== undefined && before.Status !== now.Status) {
        this.#line(`Evaluation status changed: ${goQuote(before.Status)} -> ${goQuote(now.Status)}`);
      }
      before = now;
      // One that waits for room may do so for ever.
      if (now.Status !== 'pending') break;
    }
    return before as EvalWire;
  }

  /** Tells what came of it. */
  async #conclude(evaluation: EvalWire): Promise<number> {
    const { ID, Status, StatusDescription = '', FailedTGAllocs, BlockedEval = '' } = evaluation;
    const allocs = (await this.#client.get(`/v1/evaluation/${ID}/allocations`, this.#query)) as
      | readonly AllocStubWire[]
      | null;
    for (const alloc of allocs ?? []) this.#line(this.#fateOf(alloc, evaluation));
    const failed = FailedTGAllocs ?? {};
    if (Status === 'blocked') {
      this.#headline(`Evaluation ${this.#shown(ID)} waits until there is room`);
    } else if (Object.keys(failed).length === 0) {
      const why = StatusDescription === '' ? '' : `: ${StatusDescription}`;
      this.#headline(`Evaluation ${this.#shown(ID)} finished with status ${goQuote(Status)}${why}`);
      return Status === 'complete' ? 0 : NOT_ALL_PLACED;
    } else {
      this.#headline(
        `Evaluation ${this.#shown(ID)} finished with status ${goQuote(Status)} but failed to place all allocations:`,
      );
    }
    if (Object.keys(failed).length > 0) this.#io.writeOut(`${indented(placementFailures(failed))}\n`);
    if (BlockedEval !== '') {
      this.#io.writeOut(
        `    Evaluation ${this.#shown(BlockedEval)} waiting for additional capacity to place remainder\n`,
      );
    }
    return NOT_ALL_PLACED;
  }

  /** Waits for the time of the next one, if there is one. @returns its id */
  async #following({ NextEval = '', Wait = 0 }: EvalWire, signal: AbortSignal): Promise<string | undefined> {
    if (NextEval === '') return undefined;
    const next = (await this.#client.get(`/v1/evaluation/${NextEval}`, this.#query)) as EvalWire;
    const until = momentMs(next.WaitUntil);
    const pauseMs = Math.max(0, until === undefined ? (next.Wait ?? Wait) / NS_PER_MS : until - Date.now());
    this.#headline(`Monitoring next evaluation ${this.#shown(NextEval)} in ${formatSpan(pauseMs)}`);
    // A timer cannot count further, and whoever waits for weeks has left.
    await wait(Math.min(pauseMs, 2 ** 31 - 1), undefined, { signal });
    return NextEval;
  }

  #fateOf(alloc: AllocStubWire, { CreateIndex = 0 }: EvalWire): string {
    const { ID, NodeID, TaskGroup, DesiredStatus, ClientStatus } = alloc;
    const where = `node ${this.#shown(NodeID)}, group ${goQuote(TaskGroup)}`;
    if (DesiredStatus !== 'run') return `Allocation ${this.#shown(ID)} is to ${DesiredStatus}: ${where}`;
    // What is older than its evaluation was changed in place.
    return (alloc.CreateIndex ?? 0) >= CreateIndex
      ? `Allocation ${this.#shown(ID)} created: ${where}`
      : `Allocation ${this.#shown(ID)} modified: ${where}, status ${goQuote(ClientStatus)}`;
  }

  #shown(id: string): string {
    return goQuote(shownId(id, this.#isVerbose));
  }

  #headline(text: string): void {
    this.#io.writeOut(`==> ${now()}: ${text}\n`);
  }

  #line(text: string): void {
    this.#io.writeOut(`    ${now()}: ${text}\n`);
  }
}

function triggerOf({ TriggeredBy, NodeID = '', JobID = '' }: EvalWire): string {
  return TriggeredBy === 'node-update' && NodeID !== ''
    ? `Evaluation triggered by node ${goQuote(NodeID)}`
    : `Evaluation triggered by job ${goQuote(JobID)}`;
}

const now = (): string => new Date().toISOString().replace(/\.\d+/, '');

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
