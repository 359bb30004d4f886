import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigurationError, type Problem } from '../config/problems.ts';
import { type Command, UsageError } from './command.ts';
import { buildOffline } from './policy-of-files.ts';

/** Says what is wrong with documents of policy. */
export const checkPolicy: Command = async (words, io) => {
  const { values, positionals: files } = parseArgs({
    args: [...words],
    options: { config: { type: 'string' } },
    allowPositionals: true,
  });
  if (files.length === 0) throw new UsageError('name the documents to check');
  const tell = (problems: readonly Problem[]) => {
    for (const { setting, message } of problems) io.complain(`${setting}: ${message}`);
    return problems.length === 0 ? 0 : 1;
  };
  try {
    const { built } = await buildOffline(files, values.config, io, (path) => readdirSync(path).sort());
    const code = tell(built.sources.flatMap(({ problems }) => problems));
    const entries = built.sources.reduce((sum, source) => sum + source.entries, 0);
    if (code === 0)
      io.print(`${entries} entries and ${built.revocations} revocations in ${built.sources.length} documents are good`);
    return code;
  } catch (error) {
    if (error instanceof ConfigurationError) return tell(error.problems);
    throw error;
  }
};
