import { errorMessage } from '@steppe/domain';
import type { NodeWorker } from 'node:inspector';
import type { Session } from 'node:inspector/promises';

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A worker thread as seen from the main thread's inspector connection. */
export class WorkerSession {
  /** `worker 2 evaluator`: number and name of the thread. */
  readonly threadName: string;
  readonly #send: (message: string) => void;
  readonly #pending = new Map<number, PendingCall>();
  #lastId = 0;
  #gone = false;

  constructor(info: NodeWorker.WorkerInfo, send: (message: string) => void) {
    this.threadName = info.title.replace(/^\[([^\]]*)\]/, '$1').trim();
    this.#send = send;
  }

  /** Calls a method of the worker's inspector. Rejects when it refuses or when the worker exits. */
  call(method: string, params: object = {}): Promise<unknown> {
    if (this.#gone) return Promise.reject(new Error(`${this.threadName} has exited`));
    return new Promise((resolve, reject) => {
      const id = (this.#lastId += 1);
      this.#pending.set(id, { resolve, reject });
      this.#send(JSON.stringify({ id, method, params }));
    });
  }

  receive(message: string): void {
    const { id, result, error } = JSON.parse(message) as {
      readonly id?: number;
      readonly result?: unknown;
      readonly error?: unknown;
    };
    if (id === undefined) return;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(new Error(errorMessage(error)));
  }

  detach(): void {
    this.#gone = true;
    for (const { reject } of this.#pending.values()) reject(new Error(`${this.threadName} has exited`));
    this.#pending.clear();
  }
}

/** All worker threads of the process, those started later included, over one connection of the main thread. */
export class WorkerSessions {
  readonly #session: Session;
  readonly #workers = new Map<string, WorkerSession>();

  /** @param onAttached - called for each worker that runs now or starts while the connection lasts */
  constructor(session: Session, onAttached: (worker: WorkerSession) => void = () => undefined) {
    this.#session = session;
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      const worker = new WorkerSession(workerInfo, (message) => this.#send(sessionId, message));
      this.#workers.set(sessionId, worker);
      onAttached(worker);
    });
    session.on('NodeWorker.detachedFromWorker', ({ params: { sessionId } }) => {
      this.#workers.get(sessionId)?.detach();
      this.#workers.delete(sessionId);
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
      this.#workers.get(sessionId)?.receive(message);
    });
  }

  /** Attaches to the workers that run now; they are known when this resolves. */
  async attach(): Promise<void> {
    await this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  get workers(): readonly WorkerSession[] {
    return [...this.#workers.values()];
  }

  #send(sessionId: string, message: string): void {
    // A worker may be gone before it is told of; then its pending calls are rejected by the detach event.
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(() => undefined);
  }
}
