/** What the agent's configuration says about jobs. */
export interface JobSettings {
  /** The agent's own: what jobs are in that name none. */
  readonly region: string;
  /** `server.job_default_priority`. */
  readonly defaultPriority: number;
  /** `server.job_max_priority`. */
  readonly maxPriority: number;
  /** `server.job_max_count`: the sum over a job's groups; 0 for any. */
  readonly maxCount: number;
  /** `server.job_max_source_size`, bytes. */
  readonly maxSourceBytes: number;
  /** `server.job_tracked_versions`. */
  readonly trackedVersions: number;
}
