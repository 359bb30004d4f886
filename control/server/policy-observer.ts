import type { FastifyBaseLogger } from 'fastify';
import type { PolicyStatus, SourceStatus, StatusProblem, WatchStatus } from '../decide/policy-status.ts';
import type { Clock } from '../decide/ports.ts';
import { describeError } from './logger.ts';
import type { Metrics } from './metrics/metrics.ts';

/** Problems of one document that are logged and shown at most. */
const MAXIMUM_SHOWN = 20;

type Applied = Omit<PolicyStatus, 'revision' | 'since' | 'watches'> & { readonly revision: string };

const NOTHING: PolicyStatus = {
  revision: undefined,
  routes: 0,
  revocations: 0,
  since: undefined,
  problems: [],
  sources: [],
  closed: [],
  watches: [],
};

/** Keeps what is known of the policy's sources, and logs what changes of it. */
export class PolicyObserver {
  readonly #metrics: Metrics['policy'];
  readonly #logger: FastifyBaseLogger;
  readonly #clock: Clock;
  #status = NOTHING;

  constructor({ policy }: Metrics, logger: FastifyBaseLogger, clock: Clock) {
    this.#metrics = policy;
    this.#logger = logger;
    this.#clock = clock;
    policy.watch(() => this.#status);
  }

  get status(): PolicyStatus {
    return this.#status;
  }

  /** A configuration and its documents have come into force; `problems`: why it is not the configuration as it stands. */
  applied({ revision, routes, revocations, problems, sources, closed }: Applied): void {
    const before = this.#status;
    const isNew = before.revision !== revision;
    const since = isNew ? this.#clock.now() : before.since;
    this.#setProblems(problems);
    const reports = sources.map(bounded);
    this.#status = { ...this.#status, revision, routes, revocations, since, sources: reports, closed };
    // At start there is a line of its own.
    if (isNew && before.revision !== undefined) {
      const counts = { routes, revocations, sources: sources.length, closed: closed.length };
      this.#logger.info({ revision: revision.slice(0, 12), ...counts }, 'the policy has changed');
    }
    this.#tellOf(before.sources, this.#status.sources);
  }

  /** Something is different about what is watched. */
  watched(watches: readonly WatchStatus[]): void {
    const before = new Map(this.#status.watches.map(({ name, problem }) => [name, problem]));
    this.#status = { ...this.#status, watches };
    for (const { name, problem } of watches) {
      if (before.get(name) === problem) continue;
      if (problem === undefined) this.#logger.info({ watch: name }, 'a watch of Kubernetes works again');
      else this.#logger.warn({ watch: name, problem }, 'a watch of Kubernetes fails; what it told before stays in use');
    }
  }

  /** The configuration as it stands is bad; what was in force stays. */
  failed(problems: readonly StatusProblem[]): void {
    this.#setProblems(problems);
  }

  #setProblems(problems: readonly StatusProblem[]): void {
    const before = this.#status.problems;
    const now = problems.slice(0, MAXIMUM_SHOWN);
    this.#status = { ...this.#status, problems: now };
    this.#metrics.changed(now.length === 0 ? 'applied' : 'failed');
    if (JSON.stringify(now) === JSON.stringify(before)) return;
    if (now.length === 0) this.#logger.info('the configuration is in force again as it stands');
    for (const problem of now) {
      this.#logger.error(problem, 'the configuration is bad; what was in force stays in force');
    }
  }

  #tellOf(before: readonly SourceStatus[], now: readonly SourceStatus[]): void {
    const known = new Map(before.map(({ name, problems }) => [name, JSON.stringify(problems)]));
    for (const { name, problems } of now) {
      const former = known.get(name) ?? '[]';
      if (former === JSON.stringify(problems)) continue;
      if (problems.length === 0) this.#logger.info({ source: name }, 'a policy document is good again');
      for (const problem of problems) this.#logger.warn({ source: name, ...problem }, 'a policy document is bad');
    }
  }
}

function bounded({ name, entries, problems }: SourceStatus): SourceStatus {
  if (problems.length <= MAXIMUM_SHOWN) return { name, entries, problems };
  const more = { setting: name, message: `has ${problems.length - MAXIMUM_SHOWN} more problems` };
  return { name, entries, problems: [...problems.slice(0, MAXIMUM_SHOWN), more] };
}

/** Whatever a change of configuration failed with, as problems. */
export function problemsOf(error: unknown): readonly StatusProblem[] {
  if (error instanceof Error && 'problems' in error) return error.problems as readonly StatusProblem[];
  const { message } = describeError(error, false) as { readonly message: string };
  return [{ setting: 'configuration', message }];
}
