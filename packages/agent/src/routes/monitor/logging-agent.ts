import type { AgentName, AnsweredBy } from '../../http/answered-by.js';

/** Nomad: on these routes a server that cannot be found is a bad request. */
export const LOGGING_AGENT: AnsweredBy<{ readonly target: AgentName }> = {
  kind: 'agent',
  name: ({ target }) => target,
  unnamed: 'this-agent',
  unknownServer: 'TARGET_REFUSED',
};
