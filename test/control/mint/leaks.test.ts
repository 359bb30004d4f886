import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BrokerError } from '../../../control/errors.ts';
import { answer, type IssuerStub, type Respond, startIssuerStub } from '../../support/issuer-stub.ts';
import { PlantedSecrets } from '../../support/planted-secrets.ts';
import { issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

const planted = new PlantedSecrets();
const secret = planted.plant('client secret', 'planted-secret-%+/ü');
const token = planted.plant('access token', 'planted.token.signature');
planted.plant('Basic credentials', Buffer.from(`client:${encodeURIComponent(secret)}`).toString('base64'));

let stub: IssuerStub;

beforeAll(async () => {
  stub = await startIssuerStub();
});

afterAll(() => stub.close());

/** Answers that hand back what was sent, wherever an answer has room for it. */
const echoes: [string, Respond][] = [
  ['an error that repeats the secret', answer(JSON.stringify({ error: secret, error_description: secret }), 400)],
  ['a failure page that repeats the secret', answer(`<pre>${secret}</pre>`, 500)],
  ['a page in place of JSON', answer(`${token} ${secret}`)],
  ['JSON that is cut off', answer(`{"access_token":"${token}`)],
  ['a bad lifetime', answer(JSON.stringify({ access_token: token, expires_in: secret }))],
  ['a bad token type', answer(JSON.stringify({ access_token: token, token_type: secret }))],
  ['a token with a line break', answer(JSON.stringify({ access_token: `${token}\n` }))],
  ['too much', answer(`${token}${secret}`.repeat(10_000))],
  ['a redirect to it', answer('', 302, { location: `/?secret=${encodeURIComponent(secret)}` })],
  ['something that is not HTTP', (response) => response.socket?.end(`${secret} ${token}\r\n\r\n`)],
  ['a header that is not one', (response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${secret}\0: ${token}\r\n\r\n`)],
  ['a hang-up', (response) => response.socket?.destroy()],
  ['silence', () => {}],
];

test.each(echoes)('a refusal after %s tells no secret', async (_name, respond) => {
  stub.respondWith(respond);
  for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
    const minter = minterFor(issuerAt(stub.tokenEndpoint, { timeout: 100, clientAuthentication: { method } }));
    const refusal = await refusalOf(minter.mint(tokenRequest('client', secret)));
    expect(planted.findIn(everythingOf(refusal))).toEqual([]);
    await minter.close();
  }
});

test('a token shows no secret when it is printed or serialised', async () => {
  stub.respondWith(answer(JSON.stringify({ access_token: token, refresh_token: secret })));
  const minter = minterFor(issuerAt(stub.tokenEndpoint));
  const minted = await minter.mint(tokenRequest('client', secret));
  const fields = JSON.stringify([...minted.fields]);
  expect(planted.findIn({ json: JSON.stringify(minted), inspect: inspect(minted, { depth: 20 }), fields })).toEqual([]);
  await minter.close();
});

function everythingOf(refusal: BrokerError): Record<string, string> {
  return {
    message: refusal.message,
    stack: refusal.stack ?? '',
    inspect: inspect(refusal, { depth: 20, showHidden: true }),
    json: JSON.stringify(refusal),
    cause: JSON.stringify(refusal.cause, ['message', 'stack', 'cause']),
  };
}
