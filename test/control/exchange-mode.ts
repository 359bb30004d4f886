import type { Configuration } from '../../control/config/configuration.ts';
import type { EntryDocument } from '../../control/config/document.ts';
import type { ExchangeDocument } from '../../control/config/exchange-document.ts';
import { readConfigurationFile } from '../../control/config/file.ts';

/** What differs from an entry that needs little: fields of `exchange`, and who may use it. */
export type ExchangeEntry = Partial<ExchangeDocument> & Pick<EntryDocument, 'authenticate'>;

/** The text of a file with one issuer, providers perhaps, and one entry that exchanges. */
export function exchangeFile(
  { authenticate, ...exchange }: ExchangeEntry = {},
  rest: object = {},
  issuer: object = {},
): string {
  return JSON.stringify({
    version: 'v1',
    listeners: { check: { address: ':8080' } },
    issuers: { dex: { tokenEndpoint: 'https://dex.example/token', ...issuer } },
    ...rest,
    policy: {
      entries: [
        {
          id: 'default',
          ...(authenticate && { authenticate }),
          action: 'exchange',
          exchange: {
            issuerRef: 'dex',
            clientId: { value: 'broker' },
            clientSecret: { value: 'broker-secret' },
            ...exchange,
          },
        },
      ],
    },
  });
}

/** What that file says. @param files by path */
export function exchangeConfiguration(text: string, files: Readonly<Record<string, string>> = {}): Configuration {
  return readConfigurationFile('/control.yaml', {}, (path) => {
    const content = path === '/control.yaml' ? text : files[path];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return Buffer.from(content);
  });
}
