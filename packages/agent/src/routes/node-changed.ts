import type { NodeChange } from '../nodes/node-availability.js';
import type { Reply } from '../http/reply/reply.js';
import { json } from '../http/reply/reply.js';

/** What every change of a node is answered. */
export function nodeChanged({ index, value: evaluations }: NodeChange): Reply {
  return json(
    {
      EvalCreateIndex: evaluations.length === 0 ? 0 : index,
      EvalIDs: evaluations.length === 0 ? null : evaluations.map(({ id }) => id),
      NodeModifyIndex: index,
    },
    { 'X-Nomad-Index': `${index}` },
  );
}
