import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { document, startKeySetServer } from '../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
import { useDeployment } from '../support/use-deployment.ts';

const kept = createSigningKey('ES256', { kid: 'kept' });
const unknown = createSigningKey('ES256', { kid: 'unknown' });
const keys = await startKeySetServer(document(keySetOf(kept, unknown)));
const folder = mkdtempSync(join(tmpdir(), 'jwt-fallback-'));
const fallbackFile = join(folder, 'keys.json');
writeFileSync(fallbackFile, keySetOf(kept));
afterAll(async () => {
  await keys.stop();
  rmSync(folder, { recursive: true });
});

describe('control that starts while the provider is down', () => {
  const deployment = useDeployment({
    policy: {
      unmatched: 'deny',
      providers: {
        tests: {
          issuer: 'tests',
          audiences: ['api'],
          jwks: { url: `${keys.url}/keys`, allowInsecure: true, fallbackFile },
        },
      },
      entries: [{ id: 'api', action: 'pass', authenticate: { providers: ['tests'] } }],
    },
  });
  let tokens = 0;
  const send = (key: typeof kept) => {
    tokens += 1;
    const claims = { iss: 'tests', aud: 'api', jti: `${tokens}`, exp: Math.floor(Date.now() / 1000) + 60 };
    return deployment().send({ headers: { authorization: `Bearer ${signToken(key, claims)}` } });
  };

  test('verifies with the local key set, and with what is in it alone', async () => {
    expect([(await send(kept)).status, (await send(unknown)).status]).toEqual([200, 200]);
    keys.serve((response) => response.socket?.destroy());
    await deployment().stopControl();
    await deployment().startControl();
    expect([(await send(kept)).status, (await send(unknown)).status]).toEqual([200, 401]);
  });
});
