import type { Logger, Phase, Startable } from '@steppe/runtime';
import type { SchedulingLeader } from '@steppe/scheduler';
import { isReady } from '@steppe/scheduler';
import type { Commit, Leadership, Mutation, StateSnapshot, StateStore } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOB_VERSIONS, JOBS, NODES, SCHEDULER_CONFIGURATION } from '@steppe/state';

export interface SchedulingServiceDeps {
  readonly leader: SchedulingLeader;
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly logger: Logger;
}

/** Has scheduling follow the lead of the region, and tells it what is written into the state. */
export class SchedulingService implements Startable {
  readonly name = 'scheduling';
  /** In front of the work phase, where leadership is gained and workers run: they end first. */
  readonly phase: Phase = 'membership';
  readonly #deps: SchedulingServiceDeps;
  readonly #unlisten: (() => void)[] = [];

  constructor(deps: SchedulingServiceDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { leadership, state } = this.#deps;
    this.#unlisten.push(
      leadership.onDidChange((isLeader) => this.#follow(isLeader)),
      state.onDidCommit((commit) => this.#committed(commit)),
    );
    this.#follow(leadership.isLeader);
  }

  async stop(): Promise<void> {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#deps.leader.lose();
  }

  #follow(isLeader: boolean): void {
    const { leader, logger } = this.#deps;
    if (isLeader === leader.isLeading) return;
    if (isLeader) leader.gain();
    else leader.lose();
    logger.debug(isLeader ? 'scheduling for the region' : 'no longer scheduling for the region');
  }

  #committed(commit: Commit | undefined): void {
    const { leader, state } = this.#deps;
    if (!leader.isLeading) return;
    if (commit === undefined) {
      // Everything may be different: what is in hand is of another time.
      leader.lose();
      leader.gain();
      return;
    }
    const snapshot = state.snapshot();
    for (const mutation of commit.mutations) this.#changed(mutation, snapshot);
  }

  #changed({ op, table, key }: Mutation, snapshot: StateSnapshot): void {
    const { leader } = this.#deps;
    switch (table) {
      case EVALUATIONS.name: {
        const evaluation = snapshot.get(EVALUATIONS, key);
        if (evaluation !== undefined) leader.feed.written([evaluation]);
        return;
      }
      case NODES.name: {
        const node = snapshot.get(NODES, key);
        if (node !== undefined && isReady(node)) leader.feed.roomOn(node, snapshot.index);
        return;
      }
      case ALLOCATIONS.name: {
        const allocation = snapshot.get(ALLOCATIONS, key);
        const node = allocation === undefined ? undefined : snapshot.get(NODES, allocation.nodeId);
        if (allocation !== undefined && node !== undefined) leader.feed.reported(allocation, node, snapshot.index);
        return;
      }
      case JOB_VERSIONS.name: {
        const job = snapshot.get(JOB_VERSIONS, key);
        if (job?.stop === true) leader.feed.jobEnded(job.namespace, job.id);
        return;
      }
      case JOBS.name:
        if (op === 'delete') {
          const slash = key.indexOf('/');
          leader.feed.jobEnded(key.slice(0, slash), key.slice(slash + 1));
        }
        return;
      case SCHEDULER_CONFIGURATION.name:
        leader.configured();
        return;
      default:
    }
  }
}
