import { readFile } from 'node:fs/promises';
import * as oauth from 'oauth4webapi';
import type { IssuerConfiguration } from '../config/configuration.ts';
import type { TokenRequest } from '../decide/ports.ts';
import { BrokerError } from '../errors.ts';
import { readPrivateKey } from './private-key.ts';

/** Chooses how one token request proves who its client is. */
export type Authenticate = (request: TokenRequest) => oauth.ClientAuth;

/**
 * Prepares client authentication (RFC 6749 section 2.3, RFC 7523, RFC 8705), reading the private key once.
 *
 * @throws Error when the private key cannot be read or does not suit its algorithm
 */
export function prepareClientAuthentication(issuer: IssuerConfiguration): Authenticate {
  const configuration = issuer.clientAuthentication;
  switch (configuration.method) {
    case 'client_secret_basic':
      return (request) => clientSecretBasic(secretOf(request));
    case 'client_secret_post':
      return (request) => oauth.ClientSecretPost(secretOf(request));
    case 'tls_client_auth':
      return () => oauth.TlsClientAuth();
    case 'jwt_assertion_file':
      return () => jwtAssertion(configuration.assertionFile);
    case 'private_key_jwt': {
      const key = readPrivateKey(configuration.privateKeyFile, configuration.algorithm);
      const authentication = oauth.PrivateKeyJwt(
        configuration.keyId === undefined ? key : { key, kid: configuration.keyId },
        {
          [oauth.modifyAssertion]: (header, payload) => {
            header.alg = configuration.algorithm;
            payload.aud = configuration.audience ?? issuer.tokenEndpoint.href;
          },
        },
      );
      return () => authentication;
    }
  }
}

/** RFC 7523 section 2.2, with a JWT from a file, which is read each time because somebody else keeps it fresh. */
function jwtAssertion(file: string): oauth.ClientAuth {
  return async (_server, client, body) => {
    body.set('client_id', client.client_id);
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', await readAssertion(file));
  };
}

async function readAssertion(file: string): Promise<string> {
  const assertion = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BrokerError('internal', { cause: new Error(`${file} cannot be read (${error.code})`) });
  });
  return assertion.trim();
}

function secretOf(request: TokenRequest): string {
  const secret = request.clientSecret?.reveal();
  if (!secret)
    throw new BrokerError('internal', { cause: new Error(`a token request to ${request.issuer} lacks its secret`) });
  return secret;
}

/**
 * HTTP Basic with form-encoded id and secret, as RFC 6749 section 2.3.1 wants. oauth4webapi's own encodes `-`, `.` and
 * `_` as well; that is legal, but a server that decodes nothing would then refuse even a client id such as `my-app`.
 */
function clientSecretBasic(secret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const credentials = `${formEncode(client.client_id)}:${formEncode(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials, 'latin1').toString('base64')}`);
  };
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice('='.length);
}
