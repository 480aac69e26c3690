/** Attaches a policy to the workloads of a namespace, a job, a group or a task; unset parts are empty. */
export interface JobAcl {
  readonly namespace: string;
  readonly jobId: string;
  readonly group: string;
  readonly task: string;
}

/** A named set of rules that tokens and roles refer to. */
export interface AclPolicy {
  /** Key. */
  readonly name: string;
  readonly description: string;
  /** HCL or JSON as it was written; may be empty. */
  readonly rules: string;
  readonly jobAcl: JobAcl | undefined;
  /** BLAKE2b-256 of the content, base64; empty before it is computed. */
  readonly hash: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
