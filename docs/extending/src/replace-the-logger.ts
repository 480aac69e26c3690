import type { LogFields, Logger as LoggerType } from '@steppe/runtime';
import { Logger } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';

/** What your own logging takes. */
export type Write = (line: {
  readonly level: string;
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields;
}) => void;

/** Sends everything the agent logs to a function of yours. Live streams (`monitor`) read the built-in log and stay empty. */
class ForwardingLogger implements LoggerType {
  readonly name: string;
  readonly #write: Write;
  readonly #fields: LogFields;

  constructor(write: Write, name = '', fields: LogFields = {}) {
    this.#write = write;
    this.name = name;
    this.#fields = fields;
  }

  trace = (message: string, fields?: LogFields): void => this.#log('trace', message, fields);
  debug = (message: string, fields?: LogFields): void => this.#log('debug', message, fields);
  info = (message: string, fields?: LogFields): void => this.#log('info', message, fields);
  warn = (message: string, fields?: LogFields): void => this.#log('warn', message, fields);
  error = (message: string, fields?: LogFields): void => this.#log('error', message, fields);

  isEnabled(): boolean {
    return true;
  }

  named(name: string): LoggerType {
    return new ForwardingLogger(this.#write, this.name === '' ? name : `${this.name}.${name}`, this.#fields);
  }

  with(fields: LogFields): LoggerType {
    return new ForwardingLogger(this.#write, this.name, { ...this.#fields, ...fields });
  }

  #log(level: string, message: string, fields: LogFields = {}): void {
    this.#write({ level, name: this.name, message, fields: { ...this.#fields, ...fields } });
  }
}

export const loggerModule = (write: Write): ContainerModule =>
  new ContainerModule(({ rebind }) => {
    rebind(Logger).toConstantValue(new ForwardingLogger(write));
  });
