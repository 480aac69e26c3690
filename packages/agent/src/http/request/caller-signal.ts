/** Stops something; calling it again does nothing. */
type Stop = () => void;

/**
 * The signal of something that goes on for a caller: aborts when the caller is gone, and when the caller may not go on.
 * @param call - aborts when the request is over, one way or the other
 * @param watch - calls back when the caller may not go on
 */
export function callerSignal(call: AbortSignal, watch: (onEnded: (reason: unknown) => void) => Stop): AbortSignal {
  const controller = new AbortController();
  if (call.aborted) {
    controller.abort(call.reason);
    return controller.signal;
  }
  const stop = watch((reason) => controller.abort(reason));
  call.addEventListener(
    'abort',
    () => {
      stop();
      controller.abort(call.reason);
    },
    { once: true },
  );
  return controller.signal;
}
