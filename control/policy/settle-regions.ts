import { type RefusalFormat, refusalBody } from '../decide/refusal-format.ts';
import type { DenyRoute, Route } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import type { Claim, Match } from './claim.ts';
import { matchMaterial } from './compile.ts';
import { digestOf } from './digests.ts';

/** What the route table's encoding allows. */
const MAXIMUM_METHODS = 32;
/** Entries that a problem names. */
const MAXIMUM_NAMED = 5;

/** Who gets what of the regions that are claimed. */
export interface Settled {
  readonly routes: readonly Route[];
  /** Regions whose requests are refused because nobody can say what was meant. */
  readonly closed: readonly Match[];
  /** Claims that were refused, and why. */
  readonly refused: readonly { readonly claim: Claim; readonly message: string }[];
}

/**
 * Gives each region to whoever claims it alone. What several claim is closed, and so is what a bad entry claims; the
 * operator's own entries are above that. Regions are a host, a path prefix and methods: claims for methods and claims for
 * all methods do not contest each other, because an entry with methods comes first.
 */
export function settleRegions(claims: readonly Claim[], format: RefusalFormat): Settled {
  const regions = Map.groupBy(claims, ({ match }) => `${match.host} ${match.pathPrefix}`);
  const settled = [...regions.values()].flatMap((contenders) => {
    const forAll = firm(contenders.filter(({ match }) => match.methods.length === 0));
    const forSome = contenders.filter(({ match }) => match.methods.length > 0);
    return [
      ...(forAll.length === 0 ? [] : [settleAll(forAll, format)]),
      ...(forSome.length === 0 ? [] : [settleSome(forSome, format)]),
    ];
  });
  return {
    routes: settled.flatMap(({ routes }) => routes),
    closed: settled.flatMap(({ closed }) => closed),
    refused: settled.flatMap(({ refused }) => refused),
  };
}

/** Without those that yield, where there are others. */
function firm(contenders: readonly Claim[]): readonly Claim[] {
  const others = contenders.filter(({ yields = false }) => !yields);
  return others.length > 0 ? others : contenders.slice(0, 1);
}

function settleAll(contenders: readonly Claim[], format: RefusalFormat): Settled {
  const { winner, refused } = contest(contenders);
  const [first] = contenders;
  if (winner?.route !== undefined) return { routes: [winner.route], closed: [], refused };
  return { ...close(first === undefined ? [] : [first.match], format), refused };
}

/** Method by method: what is claimed once is still given where two claims meet in some methods only. */
function settleSome(contenders: readonly Claim[], format: RefusalFormat): Settled {
  const won = new Map<Claim, string[]>();
  const lost: string[] = [];
  const refused = new Map<string, Settled['refused'][number]>();
  for (const method of new Set(contenders.flatMap(({ match }) => match.methods))) {
    const outcome = contest(contenders.filter(({ match }) => match.methods.includes(method)));
    for (const refusal of outcome.refused) refused.set(`${refusal.claim.setting} ${refusal.message}`, refusal);
    if (outcome.winner?.route === undefined) lost.push(method);
    else won.set(outcome.winner, [...(won.get(outcome.winner) ?? []), method]);
  }
  const [first] = contenders;
  const region = (methods: readonly string[]): Match => ({ host: '*', pathPrefix: '/', ...first?.match, methods });
  const routes = [...won].map(([{ route }, methods]) => narrow(route as Route, methods.sort()));
  const { routes: closing, closed } = close(chunks(lost.sort()).map(region), format);
  return { routes: [...routes, ...closing], closed, refused: [...refused.values()] };
}

function contest(contenders: readonly Claim[]): { winner: Claim | undefined; refused: Settled['refused'] } {
  const [first, second] = contenders;
  if (second === undefined) return { winner: first, refused: [] };
  const operators = contenders.find(({ source }) => source === undefined);
  const losers = contenders.filter((claim) => claim !== operators);
  const refused = losers.map((claim) => {
    const message =
      operators === undefined
        ? `claims the same host, path and methods as ${nameOthers(claim, contenders)}; requests there are refused until one gives way`
        : `claims what the operator's ${operators.setting} claims, which holds; remove it, or narrow its match`;
    return { claim, message };
  });
  return { winner: operators, refused };
}

/** The others among those that claim one region; not all of them where they are many, since each of them is told. */
function nameOthers(claim: Claim, contenders: readonly Claim[]): string {
  const others = contenders.slice(0, MAXIMUM_NAMED + 1).filter((other) => other !== claim);
  const named = others.slice(0, MAXIMUM_NAMED).map(({ setting }) => setting);
  const more = contenders.length - 1 - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The route for fewer methods than it claims. */
function narrow(route: Route, methods: readonly string[]): Route {
  if (methods.length === route.match.methods.length) return route;
  const match = { ...route.match, methods };
  return { ...route, match, digest: digestOf([route.digest, matchMaterial(match)]) };
}

function close(regions: readonly Match[], format: RefusalFormat): Pick<Settled, 'routes' | 'closed'> {
  return { routes: regions.map((region) => closedRoute(region, format)), closed: regions };
}

function closedRoute(match: Match, format: RefusalFormat): DenyRoute {
  const refusal = new BrokerError('policy_invalid');
  const { code, status } = refusal;
  const body = refusalBody(refusal, format);
  const digest = digestOf(['closed', matchMaterial(match), status, body]);
  const id = `closed-${digest.slice(0, 16)}`;
  return { kind: 'deny', id, digest, match, code, status, body, strip: [], stripCookies: [] };
}

function chunks(methods: readonly string[]): (readonly string[])[] {
  const count = Math.ceil(methods.length / MAXIMUM_METHODS);
  return Array.from({ length: count }, (_, index) =>
    methods.slice(index * MAXIMUM_METHODS, (index + 1) * MAXIMUM_METHODS),
  );
}
