import * as oauth from 'oauth4webapi';
import type { IssuerConfiguration } from '../config/configuration.ts';
import type { Clock, TokenRequest } from '../decide/ports.ts';
import { describeFailure } from '../describe-failure.ts';
import { BrokerError } from '../errors.ts';
import { type Answer, readAnswer } from './answer.ts';
import type { Authenticate } from './client-authentication.ts';
import { addExchangeParameters } from './exchange-parameters.ts';
import type { Fetch } from './transport.ts';

/** Codes of the kernel and of undici. */
const TIMEOUT = /^(?:ETIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT)$/;

/** What it takes to send token requests to one issuer. */
export interface Sender {
  readonly issuer: IssuerConfiguration;
  readonly authenticate: Authenticate;
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/**
 * Sends one token request (RFC 6749 section 4.4.2, RFC 8693 section 2.1) and reads the answer, whatever it is, within
 * the issuer's timeout. Redirects are answers too: they are never followed.
 *
 * @param headers let the issuer continue a trace
 * @throws BrokerError issuer_unavailable when no whole answer came, or token_response_too_large
 */
export async function sendTokenRequest(
  sender: Sender,
  request: TokenRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { issuer, clock } = sender;
  const endpoint = issuer.tokenEndpoint.href;
  const authentication = sender.authenticate(request);
  const signal = AbortSignal.timeout(issuer.timeout);
  const sentAt = clock.now();
  let status: number | undefined;
  try {
    const response = await oauth.genericTokenEndpointRequest(
      { issuer: endpoint, token_endpoint: endpoint },
      { client_id: request.clientId },
      authentication,
      request.grant === 'client_credentials' ? request.grant : request.grantType,
      parametersOf(issuer, request),
      {
        [oauth.customFetch]: sender.fetch,
        // Whether http is allowed was settled when the configuration was read.
        [oauth.allowInsecureRequests]: issuer.tokenEndpoint.protocol === 'http:',
        headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'envoy-token-broker' },
        signal,
      },
    );
    status = response.status;
    return await readAnswer(response, sentAt, clock.now());
  } catch (error) {
    if (error instanceof BrokerError) throw error;
    const reason = describeFailure(error);
    const evidence = signal.aborted ? `no whole answer within ${issuer.timeout} ms` : reason;
    throw new BrokerError('issuer_unavailable', {
      cause: new Error(`issuer ${issuer.name}: ${evidence}`),
      issuer: {
        failure: signal.aborted || TIMEOUT.test(reason) ? 'timeout' : 'connection',
        ...(status === undefined ? {} : { status }),
      },
    });
  }
}

/** The request's own parameters come last, so that configured ones can never stand in for them. */
function parametersOf(issuer: IssuerConfiguration, request: TokenRequest): URLSearchParams {
  const parameters = new URLSearchParams([...issuer.extraParameters]);
  if (request.grant !== 'client_credentials') addExchangeParameters(parameters, request);
  if (request.scope) parameters.set('scope', request.scope);
  return parameters;
}
