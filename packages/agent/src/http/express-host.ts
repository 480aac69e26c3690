import express from 'express';
import type { Express } from 'express';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:http';
import type { Contribution } from '@steppe/runtime';
import { inOrder } from '@steppe/runtime';
import type { ApiDispatcher } from './api-dispatcher.js';

/**
 * Contribution point: middleware and routes of your own, on the Express app that hosts the API. Called once while the
 * agent is composed. An `order` below 0 is mounted in front of the API and sees every request; the default, 0, comes
 * after it and sees only what no API route took. What `mount` throws stops the start.
 */
export interface ExpressContribution extends Contribution {
  mount(app: Express): void;
}

/** Hosts the API as one router on an Express app, beside whatever is contributed. */
export function createExpressHost(dispatcher: ApiDispatcher, contributions: readonly ExpressContribution[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const ordered = inOrder(contributions);
  for (const contribution of ordered) if ((contribution.order ?? 0) < 0) contribution.mount(app);
  app.use((request, response, next) => {
    if (!dispatcher.handle(request, response)) next();
  });
  for (const contribution of ordered) if ((contribution.order ?? 0) >= 0) contribution.mount(app);
  app.use((_request, response) => {
    response.statusCode = 404;
    response.end();
  });
  return app;
}

/**
 * Constructors whose instances already have the prototypes Express gives each request and response. Express then has
 * nothing to change per request; changing the prototype of a live object costs more than all the rest of its routing.
 */
export function expressMessageClasses(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  return {
    IncomingMessage: underPrototype(IncomingMessage, app.request),
    ServerResponse: underPrototype(ServerResponse, app.response),
  };
}

/** A constructor that makes instances of `base` whose prototype is `prototype`, which must inherit from `base`'s own. */
function underPrototype<T extends typeof IncomingMessage | typeof ServerResponse>(base: T, prototype: object): T {
  const derived = function construct(...args: unknown[]): object {
    return Reflect.construct(base, args, derived) as object;
  };
  derived.prototype = prototype;
  return derived as unknown as T;
}
