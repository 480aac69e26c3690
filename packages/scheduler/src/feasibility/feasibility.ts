import type { Constraint, Job, Node, TaskGroup } from '@steppe/domain';
import { parseGoBool } from '@steppe/domain';
import type { PlacementContext } from '../placement/placement-context.js';
import type { PlacementMetric } from '../placement/placement-metric.js';
import { meets } from './condition.js';
import { isDistinct, distinctProblem } from './distinct.js';
import { isUniqueTarget } from './target.js';

/** What the evaluation of one job learns about classes of nodes. */
export interface ClassFindings {
  readonly eligibility: Readonly<Record<string, boolean>>;
  /** Whether something depends on single nodes. */
  readonly hasEscaped: boolean;
}

interface Scope {
  /** Conditions whose outcome is the same for all nodes of a class. */
  readonly shared: readonly Constraint[];
  readonly escaped: readonly Constraint[];
  readonly distinct: readonly Constraint[];
}

/**
 * Which nodes a job's groups could run on, were there room. What holds for one node of a computed class holds for all, and is
 * looked at once.
 * @see spec "Candidate nodes and feasibility" of scheduling
 */
export class Feasibility {
  readonly #context: PlacementContext;
  readonly #jobScope: Scope;
  readonly #groupScopes = new Map<string, Scope>();
  /** Why a class will not do, `undefined` when it does; by class. */
  readonly #jobClasses = new Map<string, string | undefined>();
  readonly #groupClasses = new Map<string, Map<string, string | undefined>>();

  constructor(job: Job, context: PlacementContext) {
    this.#context = context;
    this.#jobScope = scopeOf(job.constraints);
  }

  /** Whether the group may run there; if not, the metric says why. */
  isFeasible(node: Node, group: TaskGroup, metric: PlacementMetric): boolean {
    const reason = this.#problem(node, group);
    if (reason !== undefined) metric.filter(node, reason);
    return reason === undefined;
  }

  findings(): ClassFindings {
    const eligibility: Record<string, boolean> = {};
    for (const [computedClass, reason] of this.#jobClasses)
      if (reason !== undefined) eligibility[computedClass] = false;
    for (const classes of this.#groupClasses.values()) {
      for (const [computedClass, reason] of classes) {
        if (this.#jobClasses.get(computedClass) !== undefined) continue;
        eligibility[computedClass] = eligibility[computedClass] === true || reason === undefined;
      }
    }
    const scopes = [this.#jobScope, ...this.#groupScopes.values()];
    return { eligibility, hasEscaped: scopes.some(({ escaped }) => escaped.length > 0) };
  }

  #problem(node: Node, group: TaskGroup): string | undefined {
    const scope = this.#scopeOf(group);
    return (
      this.#classProblem(node, this.#jobClasses, () => this.#conditionProblem(node, this.#jobScope.shared)) ??
      this.#conditionProblem(node, this.#jobScope.escaped) ??
      this.#classProblem(
        node,
        this.#classesOf(group),
        () => driverProblem(node, group) ?? this.#conditionProblem(node, scope.shared) ?? networkProblem(node, group),
      ) ??
      this.#conditionProblem(node, scope.escaped) ??
      distinctProblem(node, this.#jobScope.distinct, this.#context) ??
      distinctProblem(node, scope.distinct, this.#context, group.name)
    );
  }

  #classProblem(
    { computedClass }: Node,
    known: Map<string, string | undefined>,
    check: () => string | undefined,
  ): string | undefined {
    if (computedClass === '') return check();
    if (known.has(computedClass))
      return known.get(computedClass) === undefined ? undefined : 'computed class ineligible';
    const problem = check();
    known.set(computedClass, problem);
    return problem;
  }

  #conditionProblem(node: Node, constraints: readonly Constraint[]): string | undefined {
    const failed = constraints.find((constraint) => !meets(constraint, node, this.#context.conditions));
    return failed === undefined ? undefined : `${failed.left} ${failed.operand} ${failed.right}`;
  }

  #scopeOf(group: TaskGroup): Scope {
    let scope = this.#groupScopes.get(group.name);
    if (scope === undefined) {
      scope = scopeOf([...group.constraints, ...group.tasks.flatMap(({ constraints }) => constraints)]);
      this.#groupScopes.set(group.name, scope);
    }
    return scope;
  }

  #classesOf({ name }: TaskGroup): Map<string, string | undefined> {
    let classes = this.#groupClasses.get(name);
    if (classes === undefined) this.#groupClasses.set(name, (classes = new Map()));
    return classes;
  }
}

function scopeOf(constraints: readonly Constraint[]): Scope {
  const conditions = constraints.filter((constraint) => !isDistinct(constraint));
  const isEscaped = ({ left, right }: Constraint): boolean => isUniqueTarget(left) || isUniqueTarget(right);
  return {
    shared: conditions.filter((constraint) => !isEscaped(constraint)),
    escaped: conditions.filter(isEscaped),
    distinct: constraints.filter(isDistinct),
  };
}

function driverProblem(node: Node, { tasks }: TaskGroup): string | undefined {
  return tasks.every(({ driver }) => hasDriver(node, driver)) ? undefined : 'missing drivers';
}

function hasDriver({ drivers, attributes }: Node, name: string): boolean {
  const driver = Object.hasOwn(drivers, name) ? drivers[name] : undefined;
  if (driver !== undefined) return driver.detected && driver.healthy;
  return parseGoBool(attributes[`driver.${name}`] ?? '') === true;
}

function networkProblem({ resources }: Node, { networks }: TaskGroup): string | undefined {
  const needsAddress = networks.some(({ mode }) => mode === 'host');
  return needsAddress && resources.networks.length === 0 ? 'missing network' : undefined;
}
