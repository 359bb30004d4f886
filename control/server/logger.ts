import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../config/configuration.ts';
import { BrokerError } from '../errors.ts';

/** Characters of any text that came with an error. */
const MAXIMUM_TEXT = 300;

/**
 * JSON lines. Nothing is redacted by path: what must not be seen is a Secret, which redacts itself, and neither headers
 * nor paths nor bodies are ever given to a logger.
 *
 * @param destination standard output when undefined
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      err: describeError,
      // The framework logs these of itself; with their headers or URL they could hold credentials.
      req: ({ method }: { method?: string }) => ({ method }),
      res: ({ statusCode }: { statusCode?: number }) => ({ statusCode }),
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** An error as a log line may show it: bounded, with its causes, and with a stack only where it is a bug. */
export function describeError(
  error: unknown,
  isBug = !(error instanceof BrokerError) || error.code === 'internal',
): unknown {
  if (!(error instanceof Error)) {
    return { message: 'not an error' };
  }
  const { code, cause, message, name, stack } = error as Error & { readonly code?: unknown };
  return {
    type: name,
    ...(typeof code === 'string' ? { code } : {}),
    message: cut(message),
    ...(cause === undefined ? {} : { cause: describeError(cause, isBug) }),
    ...(isBug && stack !== undefined ? { stack: cut(stack.split('\n').slice(1, 6).join('\n'), 1000) } : {}),
  };
}

function cut(text: string, limit = MAXIMUM_TEXT): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
