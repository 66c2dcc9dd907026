/** How long somebody waits. */

/**
 * Do something with a signal that ends it: when the outer one does, or after so long.
 *
 * With a timer of its own, because in Node.js 20 `AbortSignal.any([outer, AbortSignal.timeout(ms)])` may be collected as
 * garbage while a request waits for it; that request is then never given up.
 */
export async function within<T>(
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const end = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no end within ${ms} ms`)), ms);
  outer?.addEventListener("abort", end, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", end);
  }
}
