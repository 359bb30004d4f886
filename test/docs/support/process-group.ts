import { eventually } from '../../../tools/launch/eventually.ts';

const CTRL_C_MILLISECONDS = 3_000;
const PATIENCE_MILLISECONDS = 15_000;

/** Whether a process of that group is there. */
export function isRunning(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends a group of processes as somebody at a terminal does: Ctrl-C, which what was started with `&` does not hear, and then
 * by closing the terminal.
 *
 * @throws {Error} when something still ran, which is killed
 */
export async function interrupt(group: number): Promise<void> {
  signal(group, 'SIGINT');
  try {
    await waitForEnd(group, CTRL_C_MILLISECONDS).catch(() => signal(group, 'SIGTERM'));
    await waitForEnd(group, PATIENCE_MILLISECONDS);
  } catch (error) {
    signal(group, 'SIGKILL');
    throw error;
  }
}

export function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {
    // It has ended.
  }
}

function waitForEnd(group: number, timeoutMilliseconds: number): Promise<void> {
  return eventually(() => {
    if (isRunning(group)) throw new Error('it still runs');
  }, timeoutMilliseconds);
}
