import { expect, test } from 'vitest';
import { PlantedSecrets } from './planted-secrets.ts';

const SECRET = 'planted "secret" %+/~';

test.each([
  ['as it is', SECRET],
  ['in JSON', JSON.stringify({ field: SECRET })],
  ['form-encoded', encodeURIComponent(SECRET)],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
])('a secret is found %s', (_form, leak) => {
  const secrets = new PlantedSecrets();
  secrets.plant('the secret', SECRET);
  expect(secrets.findIn({ 'a log': `line\nbefore ${leak} after`, 'another log': 'clean' })).toEqual([
    'the secret in a log',
  ]);
});
