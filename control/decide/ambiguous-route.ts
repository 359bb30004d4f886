import type { DenyRoute } from './route.ts';

/** Stands for a path that can be read in several ways which lead to different routes: nobody can say which one applies. */
export const AMBIGUOUS_ROUTE: DenyRoute = {
  kind: 'deny',
  id: 'ambiguous-path',
  digest: '0'.repeat(64),
  match: { host: '*', pathPrefix: '/', methods: [] },
  status: 400,
  body: 'ambiguous path\n',
  strip: [],
  stripCookies: [],
};
