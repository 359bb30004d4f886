import { parseArgs } from 'node:util';
import { readTokensmithFlags, type TokensmithFlags } from './config/tokensmith/flags.ts';
import { VARIABLES, type Variable } from './config/variables.ts';

/** What the command line asks for. */
export interface CommandLine {
  /** A file, or the flags of tokensmith's command `authz`. */
  readonly config: string | TokensmithFlags | undefined;
  readonly version: boolean;
  readonly help: boolean;
  readonly checkConfig: boolean;
  /** Whether the file that says the same as the flags is to be printed. */
  readonly printConfig: boolean;
}

/** @throws TypeError with a message for the user, on an option that does not exist */
export function readCommandLine(words: readonly string[]): CommandLine {
  if (words[0] === 'authz') {
    const { flags, ...rest } = readTokensmithFlags(words.slice(1));
    return { config: flags, version: false, ...rest };
  }
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
  return { config, version, help, checkConfig: values['check-config'], printConfig: false };
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
       node control/main.ts authz [FLAG]…
       node control/main.ts COMMAND …

  --config FILE   read the whole configuration from a YAML file
  --check-config  say whether the configuration is good, and exit: 0 when it is, 2 when it is not

  authz           run as holos-run/tokensmith does, by its flags: --addr 0.0.0.0, --port 9001, --workload-kubeconfig FILE,
                  --clusters-config FILE, --token-expiration 3600, --log-level info, --log-format json. With
                  --print-config it prints the configuration file that says the same

Commands:
${COMMAND_USAGE.map((usage) => `  ${usage}`).join('\n')}

Environment variables (default):
${lines.join('\n')}
`;
}
