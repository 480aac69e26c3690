/** What is asked of a source of past log lines. */
export interface LogSourceRequest {
  /** Unit whose journal is wanted; empty where the source knows only one log. */
  readonly serviceName: string;
  /** How far back, nanoseconds; a source that keeps whole files may ignore it. */
  readonly sinceNanoseconds: bigint;
  /** Go on with what is logged from now on. */
  readonly follow: boolean;
}

/**
 * Contribution point: where past log lines come from. The key is `name`. Called once per request, in no order.
 */
export interface LogSource {
  /** `on_disk` and `service_name` are the built-in ones. */
  readonly name: string;
  /**
   * Opens the log. What fails here is reported before the first byte is sent, so a source that is not there must fail now.
   * The iteration ends with the data; it ends early, with everything freed, when the signal aborts or the reader returns.
   */
  open(request: LogSourceRequest, options: { readonly signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>>;
}
