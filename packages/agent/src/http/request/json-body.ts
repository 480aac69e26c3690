import { apiError } from '../api-error.js';
import { parseFirstValue } from './body.js';

/** A request's body as JSON, for whoever decodes it on. @throws BODY_EMPTY, BODY_INVALID */
export function jsonBody(body: Buffer): unknown {
  const text = body.toString('utf8').trim();
  if (text === '') throw apiError('BODY_EMPTY');
  return parseFirstValue(text);
}
