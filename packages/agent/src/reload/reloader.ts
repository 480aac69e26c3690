import type { AgentConfig } from '@steppe/config';
import { diffConfig, reloadedConfig } from '@steppe/config';
import { errorMessage } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';

/**
 * Contribution point: a part that can take over new settings while it runs. Called after the configuration was read and
 * found valid, in bind order; a rejection is logged, the remaining parts still get their turn, and the reload fails.
 */
export interface Reloadable {
  /** Names the part in logs. */
  readonly name: string;
  reload(config: AgentConfig): Promise<void>;
}

/** Reads all configuration sources again. Rejects when they are not valid. */
export type ConfigSource = () => Promise<AgentConfig>;

/** SIGHUP and `PUT /v1/agent/reload`. One reload at a time; a second request joins the running one's successor. */
export class Reloader {
  readonly #read: ConfigSource;
  readonly #logger: Logger;
  #parts: readonly Reloadable[] = [];
  #current: AgentConfig;
  #running: Promise<void> = Promise.resolve();

  constructor(initial: AgentConfig, deps: { readonly read: ConfigSource; readonly logger: Logger }) {
    this.#current = initial;
    this.#read = deps.read;
    this.#logger = deps.logger;
  }

  /** The parts to tell. They come last in the composition, as some of them can ask for a reload themselves. */
  attach(parts: readonly Reloadable[]): void {
    this.#parts = parts;
  }

  /** The configuration in force: as started, with what later reloads could change. */
  get config(): AgentConfig {
    return this.#current;
  }

  /**
   * Resolves when every part has taken over. A configuration that cannot be read or is not valid is logged and the old
   * one stays in force, which is not a failure.
   * @throws the first part's failure
   */
  reload(): Promise<void> {
    const next = this.#running.then(() => this.#reload());
    this.#running = next.catch(() => undefined);
    return next;
  }

  async #reload(): Promise<void> {
    let config: AgentConfig;
    try {
      config = await this.#read();
    } catch (error) {
      this.#logger.error('could not reload config, keeping the one in force', { error: errorMessage(error) });
      return;
    }
    const { reloadable, restart } = diffConfig(this.#current, config);
    const inForce = reloadedConfig(this.#current, config);
    this.#current = inForce;
    let failure: unknown;
    for (const part of this.#parts) {
      try {
        await part.reload(inForce);
      } catch (error) {
        this.#logger.error('reloading failed', { part: part.name, error: errorMessage(error) });
        failure ??= error;
      }
    }
    this.#logger.info('configuration reloaded', { changed: reloadable, needs_restart: restart });
    if (failure !== undefined) throw failure;
  }
}
