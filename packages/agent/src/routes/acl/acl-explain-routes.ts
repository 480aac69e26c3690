import type { AclCheck, Explanation, NamedPolicy, RuleReference } from '@steppe/acl';
import { explain, parseCheck } from '@steppe/acl';
import type { StateReader, StateStore } from '@steppe/state';
import { ACL_POLICIES, ACL_ROLES, ACL_TOKENS } from '@steppe/state';
import { roleByName } from '../../acl/acl-roles.js';
import type { Requirement } from '../../http/acl-rule.js';
import { requirementOf } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { MountedRoutes } from '../../http/mounted-routes.js';
import type { Reply } from '../../http/reply/reply.js';
import { json } from '../../http/reply/reply.js';
import { decodeJsonObject } from '../../http/request/body.js';
import { Query } from '../../http/request/query.js';
import type { HttpRouteContribution } from '../../http/route.js';
import type { AclRouteContext } from './acl-route.js';
import { defineAclRoute, MANAGEMENT_DENIED } from './acl-route.js';

export interface AclExplainRoutesOptions extends AclRouteContext {
  /** The agent's own `enable_debug`. */
  readonly enableDebug: boolean;
}

export interface AclExplainRoutesDeps {
  readonly state: () => StateStore;
  readonly mounted: MountedRoutes;
}

type Fields = ReadonlyMap<string, unknown>;

/** Whose rights are asked about. */
interface Subject {
  readonly isManagement: boolean;
  readonly policies: readonly NamedPolicy[];
}

/** `POST /v1/acl/explain`: why a token, a role or policies may do something or not, and what would change that. */
export class AclExplainRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #options: AclExplainRoutesOptions;
  readonly #deps: AclExplainRoutesDeps;

  constructor(options: AclExplainRoutesOptions, deps: AclExplainRoutesDeps) {
    this.#options = options;
    this.#deps = deps;
    this.routes = [
      defineAclRoute(options, {
        path: '/v1/acl/explain',
        methods: ['PUT', 'POST'],
        summary: 'Why a token, a role or policies may do something or not.',
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => this.#explain(decodeJsonObject(await request.body())),
      }),
    ];
  }

  #explain(fields: Fields): Reply {
    const subject = subjectOf(fields, this.#deps.state().snapshot());
    const checks = this.#checksOf(fields);
    const answers = checks.map((check) => ({ check, ...explanationOf(subject, check) }));
    return json({
      Allowed: answers.every(({ allowed }) => allowed),
      Checks: answers.map(({ check: { check, ...args }, ...answer }) => ({
        Allowed: answer.allowed,
        Arguments: args,
        Check: check,
        DecidedBy: answer.decidedBy.map(encodeReference),
        Grant: answer.grant ?? null,
        Hides: answer.hides.map(encodeReference),
        Missing: answer.missing ?? null,
        Obstacles: answer.obstacles.map(encodeReference),
        Reason: answer.reason,
      })),
    });
  }

  /** The checks that a request has to pass, or the one that is asked about. */
  #checksOf(fields: Fields): readonly AclCheck[] {
    const check = text(fields, 'Check');
    const path = text(fields, 'Path');
    if ((check === '') === (path === '')) throw invalid('either Check or Path must be given');
    if (check !== '') {
      const args = fields.get('args') ?? [];
      if (!Array.isArray(args)) throw invalid(`Args must be a list, got ${JSON.stringify(args)}`);
      return [parseCheck(check, args)];
    }
    const method = text(fields, 'Method').toUpperCase() || 'GET';
    const match = this.#deps.mounted.match(path.replace(/\?.*/s, ''));
    const entry = match?.entry;
    const route = entry?.any ?? entry?.byMethod.get(method);
    if (route === undefined) throw invalid(`there is no operation ${method} ${path}`);
    const target = { query: new Query(path.replace(/^[^?]*\??/s, '')), path: match?.parameters ?? {} };
    return (route.acl?.requires ?? []).flatMap((each) => {
      const requirement = requirementOf(each, target);
      return requirement === undefined ? [] : [this.#checkOf(requirement)];
    });
  }

  #checkOf(requirement: Requirement): AclCheck {
    if (typeof requirement !== 'string') return requirement;
    return requirement === 'AgentDebug'
      ? { check: requirement, enableDebug: this.#options.enableDebug }
      : { check: requirement };
  }
}

function explanationOf(subject: Subject, check: AclCheck): Explanation {
  if (!subject.isManagement) return explain(subject.policies, check);
  return {
    allowed: true,
    reason: 'a management token passes every check',
    decidedBy: [],
    missing: undefined,
    grant: undefined,
    hides: [],
    obstacles: [],
  };
}

function subjectOf(fields: Fields, reader: StateReader): Subject {
  const [token, role, policies] = [text(fields, 'Token'), text(fields, 'Role'), fields.get('policies')];
  const given = [token !== '', role !== '', policies !== undefined].filter(Boolean).length;
  if (given > 1) throw invalid('only one of Token, Role and Policies may be given');
  if (token !== '') return ofToken(token, reader);
  if (role !== '') {
    const known = reader.get(ACL_ROLES, role) ?? roleByName(reader, role);
    if (known === undefined) throw invalid(`there is no role ${role}`);
    return { isManagement: false, policies: storedPolicies(known.policies, reader) };
  }
  // Nobody in particular: the anonymous caller.
  if (policies === undefined) return { isManagement: false, policies: storedPolicies(['anonymous'], reader) };
  return { isManagement: false, policies: givenPolicies(policies) };
}

function ofToken(accessorId: string, reader: StateReader): Subject {
  const token = reader.get(ACL_TOKENS, accessorId.toLowerCase());
  if (token === undefined) throw invalid(`there is no token with the accessor ${accessorId}`);
  const ofRoles = token.roles.flatMap(({ id }) => reader.get(ACL_ROLES, id)?.policies ?? []);
  return {
    isManagement: token.type === 'management',
    policies: storedPolicies([...token.policies, ...ofRoles], reader),
  };
}

/** Those that exist; the others grant nothing. */
function storedPolicies(names: readonly string[], reader: StateReader): readonly NamedPolicy[] {
  return [...new Set(names)].flatMap((name) => {
    const policy = reader.get(ACL_POLICIES, name);
    return policy === undefined ? [] : [{ name, rules: policy.rules }];
  });
}

/** Texts of policies, named by their places. */
function givenPolicies(value: unknown): readonly NamedPolicy[] {
  if (!Array.isArray(value) || !value.every((rules) => typeof rules === 'string')) {
    throw invalid('Policies must be a list of policy texts');
  }
  return value.map((rules, index) => ({ name: `${index}`, rules }));
}

const encodeReference = ({ policy, line, column, block }: RuleReference) => ({
  Block: block,
  Column: column,
  Line: line,
  Policy: policy,
});

function text(fields: Fields, name: string): string {
  const value = fields.get(name.toLowerCase()) ?? '';
  if (typeof value === 'string') return value;
  throw invalid(`${name} must be a string, got ${JSON.stringify(value)}`);
}

const invalid = (reason: string) => apiError('ACL_EXPLAIN_INVALID', reason);
