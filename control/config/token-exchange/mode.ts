import type { Environment } from '../environment-reader.ts';
import type { Problems } from '../problems.ts';
import { TOKEN_EXCHANGE_VARIABLES } from '../token-exchange-variables.ts';
import { VARIABLES, type Variable } from '../variables.ts';

/** Kubernetes gives pods the address of a Service named `grpc` as `GRPC_PORT`. */
const LINK = /^(tcp|udp|sctp):\/\//;

/** Our own that say nothing of DexTokenBroker's clients and tokens, and so may stand beside. */
const SHARED = /^(CACHE_|ISSUER_|EXPIRY_SAFETY_MARGIN$)/;

/** Variables that say in our way what GRPC_PORT and GRPC_TLS_PORT say. */
const OTHER_LISTENERS = ['GRPC_LISTEN_ADDR', 'GRPC_SOCKET_MODE', 'GRPC_ALLOW_ANY_CLIENT'] as const;

/** @returns the first variable of ext-authz-token-exchange that is set; undefined when it is not meant */
export function tokenExchangeVariable(environment: Environment): string | undefined {
  return Object.keys(TOKEN_EXCHANGE_VARIABLES).find((name) => {
    return isMeant(environment[name]);
  });
}

/** Whether a variable was set by a person, and not by Kubernetes for a Service that happens to have such a name. */
export function isMeant(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && !LINK.test(text);
}

/** Where variables of two programs are set, nobody could tell which of them is meant. */
export function refuseMixture(environment: Environment, decisive: string, problems: Problems): void {
  const others = Object.entries(VARIABLES).filter(
    ([name, variable]: [string, Variable]) =>
      !variable.process && !(name in TOKEN_EXCHANGE_VARIABLES) && !SHARED.test(name),
  );
  for (const [name] of others.filter(([candidate]) => environment[candidate])) {
    problems.add(
      `${decisive} and ${name}`,
      'are both set; the first is one of ext-authz-token-exchange, whose policy is in ConfigMaps, and the second of DexTokenBroker: unset one of the two, or say all of it in a file (CONFIG_FILE)',
    );
  }
  for (const name of OTHER_LISTENERS.filter((candidate) => environment[candidate])) {
    problems.add(
      `${decisive} and ${name}`,
      'are both set; in the environment of ext-authz-token-exchange GRPC_PORT and GRPC_TLS_PORT say where gRPC is: unset the second, or say all of it in a file (CONFIG_FILE)',
    );
  }
}
