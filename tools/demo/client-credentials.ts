import { decodeJwt } from 'jose';
import type { ReceivedRequest } from '../launch/echo-backend.ts';
import { eventually } from '../launch/eventually.ts';
import { readSamples, type Sample, sumSamples } from '../launch/statistics.ts';
import { describeHeaders, describeReceived, tokenOf } from './describe.ts';
import { type Exchange, openExchange } from './exchange.ts';
import type { Page } from './page.ts';
import type { Scenario } from './scenario.ts';
import { type Stage, startStage } from './start.ts';

/** The one client that the demo's OAuth server knows. Its secret is no secret. */
const CLIENT = { id: 'demo', secret: 'demo-secret', scope: 'read write' };
const PATH = '/orders';
const CREDENTIALS = { 'x-client-id': CLIENT.id, 'x-client-secret': CLIENT.secret };
/** The first requests warm up client and backend; the median of these is what a hit takes. */
const MORE_HITS = 200;

/** A request with client credentials leaves with a token: once through control, then from the filter's cache. */
export const showClientCredentials: Scenario = async (parts, page) => {
  const stage = await startStage(parts, page, { clients: [CLIENT] });
  const exchange = openExchange(stage.envoy.port);
  parts.keep(exchange);

  page.heading('1. The first request: nothing is cached');
  await showRequest(stage, page, exchange, 1);
  page.heading('2. The same request again: the filter answers from its cache');
  await showRequest(stage, page, exchange, 1);
  await showMedian(page, exchange);
  page.heading('3. A wrong secret, while the token for the right one is cached');
  await showRefusal(stage, page, exchange);
  page.heading("The filter's counters (Envoy's /stats/prometheus)");
  await showCounters(stage, page);
  showWhatToTry(stage, page);
};

async function showRequest(stage: Stage, page: Page, exchange: Exchange, tokenRequests: number): Promise<void> {
  const answer = await exchange.send(PATH, CREDENTIALS);
  const received = answer.status === 200 ? stage.backend.last() : undefined;
  page.facts('the client sent', [`GET ${PATH}`, ...describeHeaders(CREDENTIALS)]);
  page.facts('the backend received', received === undefined ? ['nothing'] : describeReceived(received));
  page.facts('the client got', [`${answer.status} after ${answer.milliseconds.toFixed(1)} ms`]);
  page.check('the backend received a token of the client', clientOf(received) === CLIENT.id);
  const kept = Object.keys(CREDENTIALS).filter((name) => received?.headers[name] !== undefined);
  page.check("the client's own credentials stayed behind", received !== undefined && kept.length === 0);
  const asked = stage.issuer.countRequests();
  page.check(`the OAuth server has been asked for ${tokenRequests} token so far`, asked === tokenRequests);
}

async function showMedian(page: Page, exchange: Exchange): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < MORE_HITS; i++) times.push((await exchange.send(PATH, CREDENTIALS)).milliseconds);
  const median = times.sort((left, right) => left - right)[MORE_HITS / 2] ?? 0;
  page.facts(`${MORE_HITS} more like it`, [`took ${median.toFixed(1)} ms each (median; client, Envoy and backend)`]);
}

async function showRefusal(stage: Stage, page: Page, exchange: Exchange): Promise<void> {
  const before = stage.backend.requests.length;
  const answer = await exchange.send(PATH, { ...CREDENTIALS, 'x-client-secret': 'wrong' });
  page.facts('the client got', [
    `${answer.status} ${answer.body.trim()}, after ${answer.milliseconds.toFixed(1)} ms`,
    `www-authenticate: ${answer.headers['www-authenticate']}`,
  ]);
  page.check(
    'it was refused, and the backend saw nothing of it',
    answer.status === 401 && before === stage.backend.requests.length,
  );
}

/** The filter hands its counts to Envoy every few seconds. */
async function showCounters(stage: Stage, page: Page): Promise<void> {
  const hits = (samples: Sample[]): number => sumSamples(samples, 'token_broker_hits');
  const samples = await eventually(async () => {
    const current = await readSamples(stage.envoy.adminUrl);
    if (hits(current) <= MORE_HITS) throw new Error('not all hits are counted yet');
    return current;
  }).catch(() => readSamples(stage.envoy.adminUrl));
  for (const { name, tags, value } of samples) {
    if (!name.startsWith('token_broker_') || name.includes('_milliseconds') || value === 0) continue;
    const labels = Object.entries(tags).map(([key, text]) => `${key}="${text}"`);
    page.line(`  ${`${name}${labels.length > 0 ? `{${labels.join(',')}}` : ''}`.padEnd(60)} ${value}`);
  }
  const misses = sumSamples(samples, 'token_broker_misses');
  page.check(
    'two misses (the right secret, the wrong one), and hits for all the rest',
    misses === 2 && hits(samples) === MORE_HITS + 1,
  );
}

function showWhatToTry({ envoy }: Stage, page: Page): void {
  const curl = (headers: Record<string, string>): string => {
    const flags = Object.entries(headers).map(([name, value]) => ` -H '${name}: ${value}'`);
    return `curl -i http://127.0.0.1:${envoy.port}${PATH}${flags.join('')}`;
  };
  page.heading('To try in another terminal');
  page.facts('the right secret', [curl(CREDENTIALS)]);
  page.facts('a wrong secret', [curl({ ...CREDENTIALS, 'x-client-secret': 'wrong' })]);
  page.facts('no credentials', [curl({})]);
  page.facts('another scope', [curl({ ...CREDENTIALS, 'x-scope': 'write' })]);
  page.facts('the counters', [`curl -s ${envoy.adminUrl}/stats/prometheus | grep ^token_broker`]);
  page.line();
}

function clientOf(received: ReceivedRequest | undefined): unknown {
  const token = tokenOf(received?.headers.authorization);
  return token === undefined ? undefined : decodeJwt(token).client_id;
}
