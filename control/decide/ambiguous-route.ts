import { BrokerError } from '../errors.ts';
import type { DenyRoute } from './route.ts';

const { code, status, message } = new BrokerError('ambiguous_path');

/** Stands for a path that can be read in several ways which lead to different routes: nobody can say which one applies. */
export const AMBIGUOUS_ROUTE: DenyRoute = {
  kind: 'deny',
  id: 'ambiguous-path',
  digest: '0'.repeat(64),
  match: { host: '*', pathPrefix: '/', methods: [] },
  code,
  status,
  body: `${message}\n`,
  strip: [],
  stripCookies: [],
};
