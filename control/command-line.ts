import { parseArgs } from 'node:util';
import { VARIABLES, type Variable } from './config/variables.ts';

/** What the command line asks for. */
export interface CommandLine {
  readonly config: string | undefined;
  readonly version: boolean;
  readonly help: boolean;
  readonly checkConfig: boolean;
}

/** @throws TypeError with a message for the user, on an option that does not exist */
export function readCommandLine(words: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...words],
    options: {
      config: { type: 'string' },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      'check-config': { type: 'boolean', default: false },
    },
  });
  const { config, version, help } = values;
  return { config, version, help, checkConfig: values['check-config'] };
}

/** What each command is called with. */
const COMMAND_USAGE = [
  `check-policy [--config FILE] FILE…
      says what is wrong with documents of policy, each by itself and where two of them claim the same. Without the operator's
      configuration, whatever issuers and providers they name exist. 0 when they are good, 1 when they are not`,
  `explain [--config FILE] [--policy FILE]… METHOD URL
      says which policy entry a request meets, by the matcher that the filter uses`,
  `revoke --file FILE [--until TIME] [--issued-before TIME] [--reason TEXT] WHAT
  revoke --configmap NAMESPACE/NAME [--key config.yaml] [--kubeconfig FILE [--context NAME]] … WHAT
      adds a revocation to a document of policy, which takes effect within seconds wherever that document is read. WHAT is
      client ID, subject SUB [--issuer ISS], issuer ISS, or route ID. TIME is RFC 3339, now, or a duration from now: 24h`,
];

/** The text of `--help`. */
export function helpText(): string {
  const width = Math.max(...Object.keys(VARIABLES).map((name) => name.length)) + 2;
  const lines = Object.entries(VARIABLES).map(([name, variable]: [string, Variable]) => {
    const fallback = variable.default === undefined ? '' : ` (${variable.default})`;
    return `  ${name.padEnd(width)}${variable.description}${fallback}`;
  });
  return `Envoy Token Broker, control: gives each request the access token that its backend wants.

Usage: node control/main.ts [--config FILE] [--check-config] [--version] [--help]
       node control/main.ts COMMAND …

  --config FILE   read the whole configuration from a YAML file
  --check-config  say whether the configuration is good, and exit: 0 when it is, 2 when it is not

Commands:
${COMMAND_USAGE.map((usage) => `  ${usage}`).join('\n')}

Environment variables (default):
${lines.join('\n')}
`;
}
