let turn: Promise<void> | undefined;

/**
 * Resolves when all that arrived together, in one turn of the event loop, has been looked at. Answers that wait for it leave
 * one right after the other: sent each as soon as it stands, every single one would wake the client, which costs more than to
 * decide. Nobody waits longer than it takes to decide on the others.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}
