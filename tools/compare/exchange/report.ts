import type { Part } from './case.ts';
import type { Outcome } from './run-scenario.ts';

type Verdict = 'same' | 'different on purpose' | 'DIFFERENT';

const PARTS: readonly Part[] = ['status', 'body', 'challenge', 'authorization', 'tokenRequest'];

/** Which parts of the two answers differ. */
function differencesOf({ theirs, ours }: Pick<Outcome, 'theirs' | 'ours'>): readonly Part[] {
  return PARTS.filter((part) => theirs[part] !== ours[part]);
}

/** Whether the two agree, or differ in exactly what the case says. */
export function verdictOf(outcome: Outcome): Verdict {
  const { status, also = [] } = outcome.of.differs ?? {};
  const expected: readonly Part[] = [...(status === undefined ? [] : ['status' as const]), ...also];
  const found = differencesOf(outcome);
  const asSaid = found.length === expected.length && found.every((part) => expected.includes(part));
  const [theirs, ours] = status ?? [outcome.theirs.status, outcome.ours.status];
  if (!asSaid || outcome.theirs.status !== `${theirs}` || outcome.ours.status !== `${ours}`) return 'DIFFERENT';
  return found.length === 0 ? 'same' : 'different on purpose';
}

/** A line for each request, what differs below it, and the sums. */
export function formatReport(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap((outcome) => {
    const { scenario, of, theirs, ours } = outcome;
    const differences = differencesOf(outcome).map(
      (part) => `    ${part}: ${shown(theirs[part])} is ${shown(ours[part])} here`,
    );
    return [`${verdictOf(outcome)}: ${scenario}: ${of.name} (${theirs.status})`, ...differences];
  });
  const count = (verdict: Verdict) => outcomes.filter((outcome) => verdictOf(outcome) === verdict).length;
  const sums = `${outcomes.length} requests: ${count('same')} same, ${count('different on purpose')} different on purpose (docs/migrating-from-ext-authz-token-exchange.md), ${count('DIFFERENT')} different`;
  return [...lines, '', sums].join('\n');
}

function shown(text: string): string {
  return text === '' ? 'nothing' : text;
}
