import type { AgentConfig } from '@steppe/config';
import type { LogHub } from '@steppe/log-stream';
import type { Logger } from '@steppe/runtime';
import { parseLogLevel } from '@steppe/runtime';
import type { Reloadable } from './reloader.js';

/** Takes over `log_level`. Running monitors keep their own levels. */
export class LogLevelReload implements Reloadable {
  readonly name = 'log level';
  readonly #hub: LogHub;
  readonly #logger: Logger;

  constructor({ hub, logger }: { readonly hub: LogHub; readonly logger: Logger }) {
    this.#hub = hub;
    this.#logger = logger;
  }

  async reload({ logLevel }: AgentConfig): Promise<void> {
    const level = parseLogLevel(logLevel);
    if (level === undefined || level === this.#hub.level) return;
    this.#logger.info('log level changes', { from: this.#hub.level, to: level });
    this.#hub.setLevel(level);
  }
}
