import type { Random } from '@steppe/runtime';

/** Axes of the space. Peers refuse coordinates of another number. */
const DIMENSIONS = 8;

const ERROR_MAX = 1.5;
const HEIGHT_MIN = 1e-5;
const ZERO = 1e-6;
/** Pull of the error and of the position per observation. */
const TUNE_ERROR = 0.25;
const TUNE_FORCE = 0.25;
const GRAVITY_RHO = 150;
/** No component of an honest coordinate comes near: a hundred seconds of latency. */
const MAGNITUDE_MAX = 100;

/** A place in the network coordinate space (Vivaldi with heights). All numbers are seconds. Immutable. */
export interface Coordinate {
  /** {@link DIMENSIONS} components. */
  readonly vector: readonly number[];
  /** How little the node trusts its place: 0 is certain, 1.5 knows nothing. */
  readonly error: number;
  /** Correction learnt from how wrong recent estimates were. */
  readonly adjustment: number;
  /** The way from the node to the network core. */
  readonly height: number;
}

/** Where every node starts. */
export const ORIGIN: Coordinate = Object.freeze({
  vector: Object.freeze(Array.from({ length: DIMENSIONS }, () => 0)),
  error: ERROR_MAX,
  adjustment: 0,
  height: HEIGHT_MIN,
});

/** Whether every number is finite and of a size that latency can have. Differs from serf: it only asks for finite. */
export function isPlausible(coordinate: Coordinate): boolean {
  const { vector, error, adjustment, height } = coordinate;
  return (
    vector.length === DIMENSIONS && [...vector, error, adjustment, height].every((v) => Math.abs(v) <= MAGNITUDE_MAX)
  );
}

/** Distance without the learnt correction. */
export function rawDistance(a: Coordinate, b: Coordinate): number {
  return magnitude(difference(a.vector, b.vector)) + a.height + b.height;
}

/** Estimated round trip between two places, milliseconds. */
export function estimateRttMs(a: Coordinate, b: Coordinate): number {
  return distance(a, b) * 1000;
}

/** The place after one observation of a peer, pulled a little towards the origin. Leaves `adjustment` alone. */
export function observe(own: Coordinate, peer: Coordinate, rttSeconds: number, random: Random): Coordinate {
  const rtt = Math.max(rttSeconds, ZERO);
  const estimate = distance(own, peer);
  const weight = own.error / Math.max(own.error + peer.error, ZERO);
  const wrongness = Math.abs(estimate - rtt) / rtt;
  const error = Math.min(ERROR_MAX, TUNE_ERROR * weight * wrongness + own.error * (1 - TUNE_ERROR * weight));
  return applyForce({ ...own, error }, peer, TUNE_FORCE * weight * (rtt - estimate), random);
}

/** Keeps the whole pool near the origin; without it all places would drift together. */
export function applyGravity(own: Coordinate, random: Random): Coordinate {
  return applyForce(own, ORIGIN, -((rawDistance(own, ORIGIN) / GRAVITY_RHO) ** 2), random);
}

function distance(a: Coordinate, b: Coordinate): number {
  const raw = rawDistance(a, b);
  const adjusted = raw + a.adjustment + b.adjustment;
  return adjusted > 0 ? adjusted : raw;
}

/** Moves `own` away from `other` by `force` seconds; towards it when negative. */
function applyForce(own: Coordinate, other: Coordinate, force: number, random: Random): Coordinate {
  const between = difference(own.vector, other.vector);
  const length = magnitude(between);
  const apart = length > ZERO;
  const unit = apart ? between.map((v) => v / length) : randomUnit(random);
  const vector = own.vector.map((v, i) => v + force * (unit[i] as number));
  // Two nodes in one place say nothing about how far each is from the core.
  const height = apart ? Math.max(HEIGHT_MIN, ((own.height + other.height) * force) / length + own.height) : own.height;
  return { ...own, vector, height };
}

function randomUnit(random: Random): number[] {
  const vector = Array.from({ length: DIMENSIONS }, () => random.next() - 0.5);
  const length = magnitude(vector);
  return length > ZERO ? vector.map((v) => v / length) : vector.map((_, i) => (i === 0 ? 1 : 0));
}

function difference(a: readonly number[], b: readonly number[]): number[] {
  return a.map((v, i) => v - (b[i] as number));
}

function magnitude(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, v) => sum + v * v, 0));
}
