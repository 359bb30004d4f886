import type { Secret } from '../../secret.ts';
import { oneLine } from '../cluster/failure.ts';

const REDACTED = '[redacted]';
/** A run of this many characters that the secret holds too is taken for a part of it. */
const SHORTEST_PART = 8;

/**
 * What a server said about a secret, as it may be logged: one short line that holds neither the secret nor a part of it.
 * Authenticators that a cluster is extended with may quote what they were given.
 */
export function safeText(text: string, secret: Secret): string {
  const known = secret.reveal();
  const parts = [known, ...known.split('.')].filter((part) => part.length >= SHORTEST_PART);
  const without = parts.reduce((rest, part) => rest.replaceAll(part, REDACTED), text);
  return oneLine(
    without.replace(/[A-Za-z0-9_-]+/g, (run) => (run.length >= SHORTEST_PART && known.includes(run) ? REDACTED : run)),
  );
}
