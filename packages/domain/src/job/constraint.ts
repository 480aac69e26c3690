import type { WireOf } from '../wire/wire-schema.js';
import { integer, list, text, wireSchema } from '../wire/wire-schema.js';

/** A condition on nodes. */
export const CONSTRAINT_WIRE = wireSchema({
  /** Left side: a target such as `${attr.kernel.name}`, or a literal. */
  left: text('LTarget'),
  right: text('RTarget'),
  operand: text('Operand'),
});
export type Constraint = WireOf<typeof CONSTRAINT_WIRE>;

/** A wish about nodes; a negative weight wishes them away. */
export const AFFINITY_WIRE = wireSchema({
  left: text('LTarget'),
  right: text('RTarget'),
  operand: text('Operand'),
  /** -100 to 100, not 0. */
  weight: integer('Weight', 50),
});
export type Affinity = WireOf<typeof AFFINITY_WIRE>;

const SPREAD_TARGET_WIRE = wireSchema({
  value: text('Value'),
  /** Share of the allocations that should have this value. */
  percent: integer('Percent'),
});

/** Allocations are to be distributed over the values of an attribute. */
export const SPREAD_WIRE = wireSchema({
  attribute: text('Attribute'),
  /** 1 to 100. */
  weight: integer('Weight', 50),
  /** Without any: evenly. */
  targets: list('SpreadTarget', SPREAD_TARGET_WIRE),
});
export type Spread = WireOf<typeof SPREAD_WIRE>;
