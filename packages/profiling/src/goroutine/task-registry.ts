import type { Clock } from '@steppe/runtime';
import type { SourcePositions } from '../stack/source-positions.js';
import type { Frame } from '../stack/stack-profile.js';

/** Frames kept of where a task was registered. */
const SITE_FRAMES = 10;
/** A leak of tasks must not become a leak of memory. */
const MAX_TASKS = 10_000;

export interface RegisterTaskOptions {
  /** What it does at the moment, one or two words; default `running`. */
  readonly state?: string;
}

/** The registrant's hold on a task. */
export interface TaskHandle {
  setState(state: string): void;
  /** Takes the task off the list. Later calls do nothing. */
  end(): void;
}

/** A long-lived loop or a pending call, at one moment. */
export interface Task {
  readonly name: string;
  readonly state: string;
  /** Milliseconds since it was registered. */
  readonly ageMs: number;
  /** Where it was registered, innermost first. */
  readonly site: readonly Frame[];
}

/** What the process is busy with, told by those who do it: JavaScript cannot list pending promises. */
export interface TaskRegistry {
  /** Puts a task on the list; the caller ends it. Costs a stack: for what lives long, not for each request. */
  register(name: string, options?: RegisterTaskOptions): TaskHandle;
  /** The tasks at this moment, oldest first. */
  list(): readonly Task[];
  /** Tasks that found the list full and are not on it. */
  readonly overflow: number;
}

interface Entry {
  readonly name: string;
  state: string;
  readonly since: number;
  readonly callers: Callers;
}

export class TaskRegistryImpl implements TaskRegistry {
  readonly #clock: Clock;
  readonly #positions: SourcePositions;
  readonly #maxTasks: number;
  readonly #entries = new Set<Entry>();
  #overflow = 0;

  constructor(
    { maxTasks = MAX_TASKS }: { readonly maxTasks?: number },
    { clock, positions }: { readonly clock: Clock; readonly positions: SourcePositions },
  ) {
    this.#clock = clock;
    this.#positions = positions;
    this.#maxTasks = maxTasks;
  }

  get overflow(): number {
    return this.#overflow;
  }

  register(name: string, { state = 'running' }: RegisterTaskOptions = {}): TaskHandle {
    if (this.#entries.size >= this.#maxTasks) {
      this.#overflow += 1;
      let ended = false;
      return {
        setState: () => undefined,
        end: () => {
          if (!ended) this.#overflow -= 1;
          ended = true;
        },
      };
    }
    const entry: Entry = { name, state, since: this.#clock.monotonic(), callers: new Callers() };
    this.#entries.add(entry);
    return {
      setState: (next) => {
        entry.state = next;
      },
      end: () => this.#entries.delete(entry),
    };
  }

  list(): readonly Task[] {
    const now = this.#clock.monotonic();
    return [...this.#entries].map(({ name, state, since, callers }) => ({
      name,
      state,
      ageMs: now - since,
      site: callers.frames(this.#positions),
    }));
  }
}

/** The stack at its construction, raw; resolving it waits until somebody looks. */
class Callers {
  readonly stack?: unknown;

  constructor() {
    const limit = Error.stackTraceLimit;
    // On top stand this constructor and `register`.
    Error.stackTraceLimit = SITE_FRAMES + 2;
    Error.captureStackTrace(this);
    Error.stackTraceLimit = limit;
  }

  frames(positions: SourcePositions): Frame[] {
    // V8 formats a stack on first access: for that moment we take its place and keep the frames as they are.
    const formatter: unknown = Reflect.get(Error, 'prepareStackTrace');
    Error.prepareStackTrace = (_error, sites) => sites;
    let sites: readonly NodeJS.CallSite[];
    try {
      sites = (this.stack as readonly NodeJS.CallSite[] | undefined) ?? [];
    } finally {
      Reflect.set(Error, 'prepareStackTrace', formatter);
    }
    return sites.slice(2).map((site) =>
      positions.frameOf({
        functionName: site.getFunctionName() ?? '',
        url: site.getFileName() ?? '',
        lineNumber: (site.getLineNumber() ?? 0) - 1,
        columnNumber: (site.getColumnNumber() ?? 1) - 1,
      }),
    );
  }
}
