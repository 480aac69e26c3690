import { SeededRandom, SimClock } from '@steppe/testing';
import { SchedulerThread } from '../scheduling/threads/scheduler-thread.js';
import type { FromThread, SchedulerThreadPort, ToThread } from '../scheduling/threads/thread-messages.js';

/** A scheduler thread that runs in this one, behind messages that are copied as between real ones. */
export class InProcessThread implements SchedulerThreadPort {
  readonly received: ToThread['kind'][] = [];
  readonly #thread: SchedulerThread;
  #listener: (message: FromThread) => void = () => undefined;
  #exit: (reason: string) => void = () => undefined;
  #isOver = false;

  constructor() {
    this.#thread = new SchedulerThread({
      clock: new SimClock(),
      random: new SeededRandom(3),
      post: (message) => this.#later(() => this.#listener(structuredClone(message))),
    });
  }

  post(message: ToThread): void {
    this.received.push(message.kind);
    const copy = structuredClone(message);
    this.#later(() => this.#thread.receive(copy));
  }

  onMessage(listener: (message: FromThread) => void): void {
    this.#listener = listener;
  }

  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }

  async end(): Promise<void> {
    this.#isOver = true;
  }

  /** It ends by itself, whatever it was doing. */
  die(reason: string): void {
    this.#isOver = true;
    this.#exit(reason);
  }

  #later(deliver: () => void): void {
    queueMicrotask(() => {
      if (!this.#isOver) deliver();
    });
  }
}
