/**
 * Names what went wrong on the way to a server by its code (`ECONNREFUSED`, `ERR_TLS_CERT_ALTNAME_INVALID`,
 * `UND_ERR_SOCKET`). Messages and other properties are left out: some of them quote what was sent or received.
 */
export function describeFailure(error: unknown): string {
  let found = 'unknown failure';
  // Causes are nested a few deep at most; the innermost one with a code is the reason.
  for (let depth = 0, at = error; depth < 8 && at instanceof Error; depth += 1, at = innerOf(at)) {
    const code = 'code' in at ? at.code : undefined;
    if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) found = code;
    else if (found === 'unknown failure') found = at.name;
  }
  return found;
}

function innerOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause;
}
