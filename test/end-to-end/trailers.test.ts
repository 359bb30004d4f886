import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { holdTokenRequests, PATIENT } from '../support/gate.ts';
import { requestHttp2 } from '../support/request-http2.ts';
import { useDeployment } from '../support/use-deployment.ts';

const MESSAGE = { method: 'POST', body: 'a body', trailers: { 'x-checksum': 'of-the-request' } };
const ANSWER = { status: 200, body: 'an answer', trailers: { 'x-checksum': 'of-the-answer' } };

describe('trailers', () => {
  const deployment = useDeployment({
    ...PATIENT,
    configure: (configuration) => {
      // Envoy drops the trailers of HTTP/1.1 unless told otherwise.
      configuration.httpConnectionManager().http_protocol_options = { enable_trailers: true };
      const [options] = Object.values(configuration.cluster('backend').typed_extension_protocol_options) as [
        { use_downstream_protocol_config: { http_protocol_options: object } },
      ];
      options.use_downstream_protocol_config.http_protocol_options = { enable_trailers: true };
    },
  });
  const clients = () => deployment().identityProvider.clients;

  test.each([
    ['HTTP/1.1', 'first'],
    ['HTTP/2', 'second'],
  ] as const)('of request and answer pass over %s, after a wait and on a hit', async (protocol, client) => {
    const { backend, envoy, identityProvider } = deployment();
    const headers = { ...credentials(clients()[client]), te: 'trailers' };
    const send = () =>
      protocol === 'HTTP/1.1'
        ? deployment().send({ ...MESSAGE, headers })
        : requestHttp2(envoy.port, { ...MESSAGE, headers });
    backend.answer(() => ANSWER);
    const gate = holdTokenRequests(identityProvider);
    const asked = identityProvider.requests();
    const waiting = send();
    await eventually(() => expect(identityProvider.requests()).toBe(asked + 1));
    gate.open();
    for (const answer of [await waiting, await send()]) {
      expect(answer).toMatchObject({ status: 200, body: ANSWER.body, trailers: ANSWER.trailers });
      expect(backend.last()).toMatchObject({ body: MESSAGE.body, trailers: MESSAGE.trailers });
      expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    }
  });
});
