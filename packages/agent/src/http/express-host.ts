import express from 'express';
import type { Express } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
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

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Hosts the API as one router on an Express app, beside whatever is contributed. With nothing mounted in front, the API
 * is asked before Express is entered: Express changes the prototype of each request and response, which costs several
 * times as much as all the rest of answering (docs/decisions/0002).
 */
export function createExpressHost(
  dispatcher: ApiDispatcher,
  contributions: readonly ExpressContribution[],
): RequestHandler {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const ordered = inOrder(contributions);
  const inFront = ordered.filter(({ order = 0 }) => order < 0);
  for (const contribution of inFront) contribution.mount(app);
  if (inFront.length > 0) {
    app.use((request, response, next) => {
      if (!dispatcher.handle(request, response)) next();
    });
  }
  for (const contribution of ordered.slice(inFront.length)) contribution.mount(app);
  app.use((_request, response) => {
    response.statusCode = 404;
    response.end();
  });
  if (inFront.length > 0) return app;
  return (request, response) => {
    if (!dispatcher.handle(request, response)) app(request, response);
  };
}
