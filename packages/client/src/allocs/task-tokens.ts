import type { SignedIdentity, Task, TaskIdentity } from '@steppe/domain';
import { errorMessage, identitiesOf } from '@steppe/domain';
import type { Clock, Logger, Random, Timer } from '@steppe/runtime';

/** Which token of an allocation. */
export type IdentityName = Omit<SignedIdentity, 'token'>;

export interface TaskTokensOptions {
  readonly allocId: string;
  /** {@link TaskTokens.renewals} of before the agent was restarted: tasks may still go by the tokens of then. */
  readonly renewals?: Readonly<Record<string, number>> | undefined;
}

export interface TaskTokensDeps {
  /** Those tasks of the allocation, as they are now, that may still need tokens. */
  readonly tasks: () => readonly Task[];
  /** Has tokens signed anew. */
  readonly sign: (names: readonly IdentityName[]) => Promise<readonly SignedIdentity[]>;
  /** A task has new tokens of these identities. Rejects when it did not get them. */
  readonly deliver: (task: Task, renewed: readonly TaskIdentity[]) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** An identity whose tokens expire. */
interface Expiring {
  readonly key: string;
  readonly task: Task;
  readonly identity: TaskIdentity;
}

/** A token is renewed when half of its life is over, and up to this part of that later. */
const SPREAD = 0.1;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/**
 * The identity tokens of one allocation's tasks. Those that expire are renewed in time; while that fails it is tried again and
 * again. A token's life counts from when it came, by this machine's own clock: that of the servers may differ.
 */
export class TaskTokens {
  readonly #allocId: string;
  readonly #deps: TaskTokensDeps;
  readonly #tokens = new Map<string, string>();
  /** By the monotonic clock: when the oldest token that a task may go by is to be renewed. */
  readonly #dueMs = new Map<string, number>();
  #state: 'new' | 'started' | 'stopped' = 'new';
  #isRenewing = false;
  #failures = 0;
  #timer: Timer | undefined;

  constructor({ allocId, renewals = {} }: TaskTokensOptions, deps: TaskTokensDeps) {
    this.#allocId = allocId;
    this.#deps = deps;
    const { clock } = deps;
    for (const [key, atMs] of Object.entries(renewals)) this.#dueMs.set(key, clock.monotonic() + atMs - clock.now());
  }

  /** When tokens are to be renewed, Unix milliseconds. No secret. */
  get renewals(): Readonly<Record<string, number>> {
    const { clock } = this.#deps;
    const aheadMs = clock.now() - clock.monotonic();
    return Object.fromEntries([...this.#dueMs].map(([key, dueMs]) => [key, Math.round(dueMs + aheadMs)]));
  }

  /** The newest one; `undefined` when there is none. */
  of(task: string, identity: string): string | undefined {
    return this.#tokens.get(keyOf({ task, identity }));
  }

  /** Tokens that came with the allocation. When earlier ones are to be renewed stays as it is: a task may still go by them. */
  take(signed: readonly SignedIdentity[]): void {
    for (const each of signed) this.#tokens.set(keyOf(each), each.token);
    for (const { key, identity } of this.#expiring()) {
      if (this.#tokens.has(key) && !this.#dueMs.has(key)) this.#dueMs.set(key, this.#dueOf(identity));
    }
    this.#arm();
  }

  /** Renews from now on. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    const nowMs = this.#deps.clock.monotonic();
    for (const { key, identity } of this.#expiring()) {
      // Somebody has set the clock back while the agent was away.
      if ((this.#dueMs.get(key) ?? 0) > nowMs + identity.ttlMs) this.#dueMs.set(key, nowMs);
    }
    this.#arm();
  }

  /** Tasks that had ended run again: what they have is renewed again, too. */
  resume(): void {
    this.#arm();
  }

  stop(): void {
    this.#state = 'stopped';
    this.#timer?.cancel();
  }

  #arm(pauseMs = 0): void {
    this.#timer?.cancel();
    if (this.#state !== 'started' || this.#isRenewing) return;
    const { clock } = this.#deps;
    const nextMs = Math.min(...this.#expiring().map(({ key }) => this.#dueMs.get(key) ?? Number.POSITIVE_INFINITY));
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(pauseMs, nextMs - clock.monotonic());
    this.#timer = clock.setTimer(waitMs, () => void this.#renew());
  }

  /** Never rejects. */
  async #renew(): Promise<void> {
    this.#isRenewing = true;
    const { logger, random } = this.#deps;
    let pauseMs = 0;
    try {
      await this.#renewDue();
      this.#failures = 0;
    } catch (error) {
      pauseMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures) * (1 + random.next() / 4);
      this.#failures += 1;
      if (this.#state !== 'stopped') {
        const details = { alloc_id: this.#allocId, error: errorMessage(error), retry_ms: Math.round(pauseMs) };
        logger.warn('tokens of tasks cannot be renewed', details);
      }
    }
    this.#isRenewing = false;
    this.#arm(pauseMs);
  }

  async #renewDue(): Promise<void> {
    const { clock, sign } = this.#deps;
    const nowMs = clock.monotonic();
    const due = this.#expiring().filter(({ key }) => (this.#dueMs.get(key) ?? Number.POSITIVE_INFINITY) <= nowMs);
    if (due.length === 0) return;
    const signed = await sign(due.map(({ task, identity }) => ({ task: task.name, identity: identity.name })));
    if (this.#state === 'stopped') return;
    const fresh = new Map(signed.map((each) => [keyOf(each), each.token]));
    const failures: unknown[] = [];
    for (const task of new Set(due.map((each) => each.task))) {
      const ofTask = due.filter((each) => each.task === task);
      await this.#hand(task, ofTask, fresh).catch((error: unknown) => failures.push(error));
    }
    // What one task did not get is no matter to the others.
    if (failures.length > 0) throw failures[0];
  }

  async #hand(task: Task, due: readonly Expiring[], fresh: ReadonlyMap<string, string>): Promise<void> {
    for (const { key } of due) {
      const token = fresh.get(key);
      if (token === undefined) throw new Error(`the servers have signed no token for ${key}`);
      this.#tokens.set(key, token);
    }
    const identities = due.map(({ identity }) => identity);
    await this.#deps.deliver(task, identities);
    for (const { key, identity } of due) this.#dueMs.set(key, this.#dueOf(identity));
  }

  #expiring(): readonly Expiring[] {
    return this.#deps.tasks().flatMap((task) =>
      identitiesOf(task)
        .filter(({ ttlMs }) => ttlMs > 0)
        .map((identity) => ({ key: keyOf({ task: task.name, identity: identity.name }), task, identity })),
    );
  }

  #dueOf({ ttlMs }: TaskIdentity): number {
    const { clock, random } = this.#deps;
    return clock.monotonic() + (ttlMs / 2) * (1 + SPREAD * random.next());
  }
}

/** Names of tasks hold no slash. */
const keyOf = ({ task, identity }: IdentityName): string => `${task}/${identity}`;
