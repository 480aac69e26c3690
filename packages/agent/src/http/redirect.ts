import { escapeHtml } from '@steppe/domain';
import { bytes } from './reply/reply.js';
import type { Reply } from './reply/reply.js';

/**
 * Where a path that is no route leads: a path with `//`, `/./` or `/../` to its clean form, a subtree to its closing
 * slash, the root to the UI. `undefined` when it leads nowhere.
 */
export function redirectTarget(path: string, isSubtreeRoot: (path: string) => boolean): string | undefined {
  const clean = cleanPath(path);
  if (clean !== path) return clean;
  if (path === '/') return '/ui/';
  return isSubtreeRoot(path) ? `${path}/` : undefined;
}

/** Whether a path has no empty, `.` or `..` segments. */
export function isCanonical(path: string): boolean {
  return !path.startsWith('/') || !/\/\/|\/\.{1,2}(\/|$)/.test(path);
}

function cleanPath(path: string): string {
  if (isCanonical(path)) return path;
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const trailing = /(\/|\/\.{1,2})$/.test(path) && segments.length > 0 ? '/' : '';
  return `/${segments.join('/')}${trailing}`;
}

/** 307 with the query kept; as Go does, a GET or HEAD gets a small page that names the target. */
export function redirectTo(method: string, target: string, search: string): Reply {
  const location = search === '' ? target : `${target}?${search}`;
  const headers = { Location: location };
  if (method !== 'GET' && method !== 'HEAD') return bytes('', headers, 307);
  const page = `<a href="${escapeHtml(location)}">Temporary Redirect</a>.\n\n`;
  return bytes(page, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }, 307);
}
