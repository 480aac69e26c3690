import type { AllocFile, AllocFiles, ClientRuntime } from '@steppe/client';
import { encodeTimestamp } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { decidedLater } from '../../http/acl-rule.js';
import { apiError } from '../../http/api-error.js';
import { json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { Query } from '../../http/request/query.js';
import type { PathParameters } from '../../http/request/path-parameters.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import { flagParameter } from '../jobs/job-requests.js';
import { byteStream, followed } from './file-stream.js';
import { demandAllocation } from './demand-allocation.js';

export interface ClientFilesRoutesDeps {
  readonly client: () => ClientRuntime;
  readonly clock: Clock;
}

interface OfAllocation {
  readonly id: string;
}

const ON_ITS_NODE = { kind: 'allocation', id: ({ id }: OfAllocation): string => id } as const;
const READ_FS = decidedLater('NsOpAnyOf(namespace of the allocation, read-fs)');
const READ_LOGS = decidedLater('NsOpAnyOf(namespace of the allocation, read-fs, read-logs)');

/** `/v1/client/fs/*`: files and logs of an allocation, from the node that it is on. */
export class ClientFilesRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: ClientFilesRoutesDeps;

  constructor(deps: ClientFilesRoutesDeps) {
    this.#deps = deps;
    const { clock } = deps;
    const common = {
      methods: ['GET'],
      cors: true,
      commonParameters: true,
      answeredBy: ON_ITS_NODE,
      validateFirst: true,
    } as const;
    this.routes = [
      defineRoute({
        ...common,
        path: '/v1/client/fs/logs/:id',
        summary: 'What a task has written to its output, and goes on to write.',
        acl: READ_LOGS,
        parameters: (query, path) => ({ ...ofAllocation(path), ...logParameters(query) }),
        handle: async (request) => {
          const { id: _, plain, ...wanted } = request.parameters;
          const files = await this.#demand(request, ['read-fs', 'read-logs']);
          return followed((signal) => files.logs(wanted, { signal }), { plain, clock });
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/fs/stream/:id',
        summary: 'A file of an allocation, and what is added to it.',
        acl: READ_FS,
        parameters: (query, path) => ({
          ...ofAllocation(path),
          path: pathParameter(query),
          follow: flagParameter(query, 'follow', true),
          plain: flagParameter(query, 'plain'),
          ...rangeParameters(query),
        }),
        handle: async (request) => {
          const { id: _, plain, ...wanted } = request.parameters;
          const files = await this.#demand(request, ['read-fs']);
          await demandFile(files, wanted.path);
          return followed((signal) => files.stream(wanted, { signal }), { plain, clock });
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/fs/cat/:id',
        summary: 'A file of an allocation.',
        acl: READ_FS,
        parameters: (query, path) => ({ ...ofAllocation(path), path: pathParameter(query) }),
        handle: async (request) => {
          const files = await this.#demand(request, ['read-fs']);
          const { path } = request.parameters;
          await demandFile(files, path);
          return byteStream(() => files.read(path));
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/fs/readat/:id',
        summary: 'A part of a file of an allocation.',
        acl: READ_FS,
        parameters: (query, path) => ({
          ...ofAllocation(path),
          path: pathParameter(query),
          offset: countParameter(query, 'offset'),
          ...(query.get('limit') === '' ? {} : { limit: countParameter(query, 'limit') }),
        }),
        handle: async (request) => {
          const files = await this.#demand(request, ['read-fs']);
          const { path, ...range } = request.parameters;
          await demandFile(files, path);
          return byteStream(() => files.read(path, range));
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/fs/stat/:id',
        summary: 'What is known of a file of an allocation.',
        acl: READ_FS,
        parameters: (query, path) => ({ ...ofAllocation(path), path: pathParameter(query) }),
        handle: async (request) => {
          const files = await this.#demand(request, ['read-fs']);
          return json(encodeInfo(await files.stat(request.parameters.path)));
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/fs/ls/:id',
        summary: 'The files in a folder of an allocation.',
        acl: READ_FS,
        parameters: (query, path) => ({ ...ofAllocation(path), path: query.get('path') || '/' }),
        handle: async (request) => {
          const files = await this.#demand(request, ['read-fs']);
          return json((await files.list(request.parameters.path)).map(encodeInfo));
        },
      }),
    ];
  }

  async #demand(request: ApiRequest<OfAllocation>, rights: readonly string[]): Promise<AllocFiles> {
    const { id } = await demandAllocation(this.#deps.client(), request, rights);
    return this.#deps.client().files(id);
  }
}

/** Before the first byte: afterwards there is only breaking off. */
async function demandFile(files: AllocFiles, path: string): Promise<void> {
  if ((await files.stat(path)).isFolder) throw apiError('ALLOC_FILE_IS_FOLDER', path);
}

function ofAllocation(path: PathParameters): OfAllocation {
  const id = (path['id'] ?? '').toLowerCase();
  if (id === '') throw apiError('ALLOC_ID_MISSING');
  return { id };
}

function pathParameter(query: Query): string {
  const path = query.get('path');
  if (path === '') throw apiError('ALLOC_PATH_MISSING');
  return path;
}

function logParameters(query: Query) {
  const task = query.get('task');
  if (task === '') throw apiError('ALLOC_TASK_MISSING');
  const type = query.get('type');
  if (type !== 'stdout' && type !== 'stderr') throw apiError('ALLOC_LOG_TYPE_INVALID');
  const follow = flagParameter(query, 'follow');
  const plain = flagParameter(query, 'plain');
  return { task, type, follow, plain, ...rangeParameters(query) } as const;
}

function rangeParameters(query: Query) {
  const origin = query.get('origin') || 'start';
  if (origin !== 'start' && origin !== 'end') throw apiError('ALLOC_ORIGIN_INVALID');
  return { origin, offset: countParameter(query, 'offset') } as const;
}

function countParameter(query: Query, name: string): number {
  const text = query.get(name) || '0';
  if (!/^\d{1,15}$/.test(text)) throw apiError('ALLOC_COUNT_INVALID', name, text);
  return Number(text);
}

const encodeInfo = ({ name, isFolder, sizeBytes, mode, modifiedAtMs }: AllocFile) => ({
  ContentType: '',
  FileMode: mode,
  IsDir: isFolder,
  ModTime: encodeTimestamp(modifiedAtMs),
  Name: name,
  Size: sizeBytes,
});
