/**
 * Contribution point: one section of the `stats` that `GET /v1/agent/self` shows. Called for each request, so it must be
 * cheap; what it throws fails the request. Two sections of one name stop the start.
 */
export interface StatsSection {
  /** Name of the section. */
  readonly name: string;
  /** Every value is a text, numbers included: clients decode nothing else. */
  read(): Readonly<Record<string, string>>;
}
