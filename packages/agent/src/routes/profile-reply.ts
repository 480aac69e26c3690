import type { ProfileResult } from '@steppe/profiling';
import type { Reply } from '../http/reply/reply.js';
import { bytes } from '../http/reply/reply.js';

const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' };

const HEADERS = {
  text: { 'Content-Type': 'text/plain; charset=utf-8' },
  html: {
    'Content-Type': 'text/html; charset=utf-8',
    // The page brings what it needs; what it shows must reach nobody else, and nothing may frame it.
    'Content-Security-Policy':
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
  },
} as const;

/** A capture as an answer, with the headers readers of profiles expect. */
export function profileReply({ bytes: body, contentKind, filename }: ProfileResult): Reply {
  if (contentKind !== 'binary') return bytes(body, { ...NO_SNIFF, ...HEADERS[contentKind] });
  return bytes(body, {
    ...NO_SNIFF,
    'Content-Disposition': `attachment; filename="${filename}"`,
    'Content-Type': 'application/octet-stream',
  });
}
