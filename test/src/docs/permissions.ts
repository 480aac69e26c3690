import type { AnyHttpRoute, RuleRequirement } from '@steppe/agent';

/** `AgentRead`, or `OperatorOp(snapshot-save)`. */
function checkText(requirement: RuleRequirement): string {
  if (typeof requirement === 'string') return requirement;
  if ('of' in requirement) return requirement.label;
  const { check, ...values } = requirement;
  return `${check}(${Object.values(values).join(', ')})`;
}

const methodsOf = ({ methods }: AnyHttpRoute): string => (methods === 'any' ? 'any' : methods.join(', '));

const rightsOf = ({ acl }: AnyHttpRoute): string => {
  if (acl === undefined) return '–';
  const rights = [...acl.requires.map(checkText), ...(acl.later === undefined ? [] : [acl.later])];
  return rights.length === 0 ? 'a token that is good, or none' : rights.join(', ');
};

const answeredBy = ({ answeredBy: rule, role }: AnyHttpRoute): string => {
  const texts = {
    'this-agent': 'the agent that is asked',
    server: 'any server',
    region: 'any server of the region',
    leader: 'the leader of the region',
    authoritative: 'the leader of the authoritative region',
    chosen: 'the leader of the region, or of the authoritative one',
    allocation: 'the node of the allocation',
    agent: 'the agent that is named',
  } as const;
  const text = texts[rule?.kind ?? 'this-agent'];
  return role === undefined ? text : `${text}, a ${role.needs}`;
};

/** The table of operations and the rights they need, as the documentation shows it. */
export function permissionTable(routes: readonly AnyHttpRoute[]): string {
  const rows = routes
    .map((route) => `| ${methodsOf(route)} | \`${route.path}\` | ${rightsOf(route)} | ${answeredBy(route)} |`)
    .toSorted((a, b) => pathOf(a).localeCompare(pathOf(b)) || a.localeCompare(b));
  return ['| Method | Path | Needs | Answered by |', '|---|---|---|---|', ...rows, ''].join('\n');
}

const pathOf = (row: string): string => /`([^`]+)`/.exec(row)?.[1] ?? '';
