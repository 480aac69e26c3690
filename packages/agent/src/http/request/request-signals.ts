import type { ServerResponse } from 'node:http';

/**
 * One abort signal per response, made only when somebody asks: it fires when the caller is gone or the agent stops.
 */
export class RequestSignals {
  readonly #controllers = new Map<ServerResponse, AbortController>();
  #stopped = false;

  of(res: ServerResponse): AbortSignal {
    const existing = this.#controllers.get(res);
    if (existing !== undefined) return existing.signal;
    const controller = new AbortController();
    this.#controllers.set(res, controller);
    if (this.#stopped) controller.abort(new Error('the agent is stopping'));
    const { socket } = res;
    const onGone = (): void => {
      this.#controllers.delete(res);
      socket?.off('end', onGone);
      controller.abort(new Error('the caller is gone'));
    };
    res.once('close', onGone);
    // A caller that hangs up without reading what is on its way keeps the response from closing.
    socket?.once('end', onGone);
    return controller.signal;
  }

  stop(): void {
    this.#stopped = true;
    for (const controller of this.#controllers.values()) controller.abort(new Error('the agent is stopping'));
  }
}
