import { ConfigurationError } from '../config/problems.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  'check-policy': async () => (await import('./check-policy.ts')).checkPolicy,
  explain: async () => (await import('./explain.ts')).explain,
  revoke: async () => (await import('./revoke.ts')).revoke,
};

/**
 * Runs the command that the command line begins with.
 *
 * @returns its exit code; undefined when the command line begins with none
 */
export async function runCommand([name = '', ...words]: readonly string[], io: CommandIo): Promise<number | undefined> {
  if (name === '' || name === 'authz' || name.startsWith('-')) return undefined;
  const load = COMMANDS[name];
  try {
    if (load === undefined)
      throw new UsageError(`there is no command ${name}; known: ${Object.keys(COMMANDS).join(', ')}`);
    return await (await load())(words, io);
  } catch (error) {
    if (error instanceof UsageError || isBadOption(error)) {
      io.complain(`${error.message}\n--help says more`);
      return 2;
    }
    if (!(error instanceof ConfigurationError) && !(error instanceof Error && 'code' in error)) throw error;
    io.complain(error.message);
    return 1;
  }
}

/** What `parseArgs` of Node throws. */
function isBadOption(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
