const FIRST_PAUSE_MILLISECONDS = 5;
const LONGEST_PAUSE_MILLISECONDS = 100;

/**
 * Calls `attempt` again and again until it returns without throwing, and returns what it returned.
 *
 * @param timeoutMilliseconds After this the last error is thrown, with the time in its message.
 */
export async function eventually<T>(attempt: () => T | Promise<T>, timeoutMilliseconds = 10_000): Promise<T> {
  const deadline = performance.now() + timeoutMilliseconds;
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() + pause > deadline) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`still not so after ${timeoutMilliseconds} ms: ${reason}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
