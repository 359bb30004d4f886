import { parseArgs } from 'node:util';
import { parseDuration } from '../config/duration.ts';
import { type Command, UsageError } from './command.ts';
import { addRevocation, type RevocationFields } from './revocation-document.ts';
import { updateFile } from './update-file.ts';

/** Adds a revocation to a document of policy. */
export const revoke: Command = async (words, io) => {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: {
      file: { type: 'string' },
      until: { type: 'string' },
      'issued-before': { type: 'string' },
      issuer: { type: 'string' },
      reason: { type: 'string' },
    },
    allowPositionals: true,
  });
  const fields = { ...whatIn(positionals), ...(values.issuer !== undefined && { issuer: values.issuer }) };
  const time = (text: string | undefined) => (text === undefined ? undefined : timeOf(text, io.now()));
  const revocation: RevocationFields = {
    ...fields,
    issuedBefore: time(values['issued-before']),
    until: time(values.until),
    reason: values.reason,
  };
  if (values.file === undefined) throw new UsageError('name the document: --file FILE');
  updateFile(values.file, io.readFile, (text) => addRevocation(text, revocation, `file ${values.file}`));
  io.print(`revoked in ${values.file}: ${Object.entries(fields).flat().join(' ')}`);
  return 0;
};

function whatIn([kind = '', name, further]: readonly string[]): RevocationFields {
  if (!['client', 'subject', 'issuer', 'route'].includes(kind) || name === undefined || further !== undefined) {
    throw new UsageError('say what to revoke: client ID, subject SUB, issuer ISS or route ID');
  }
  return { [kind]: name };
}

/** @param now wall clock, ms. @returns RFC 3339 */
function timeOf(text: string, now: number): string {
  const duration = text === 'now' ? 0 : parseDuration(text);
  const time = duration === undefined ? Date.parse(text) : now + duration;
  if (Number.isNaN(time))
    throw new UsageError(`${JSON.stringify(text)} is no time; write 2026-11-25T10:00:00Z, now or 24h`);
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
