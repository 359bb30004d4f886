/** What became of the policy's sources, for logs, metrics and `/status`. Nothing in it is secret. */
export interface PolicyStatus {
  /** Of the table in force; undefined before the first. */
  readonly revision: string | undefined;
  readonly routes: number;
  /** What is revoked. */
  readonly revocations: number;
  /** Wall clock, ms: when that table came into force. */
  readonly since: number | undefined;
  /** Why the operator's configuration as it stands now is not in force; empty when it is. */
  readonly problems: readonly StatusProblem[];
  readonly sources: readonly SourceStatus[];
  /** What of this is watched in Kubernetes. */
  readonly watches: readonly WatchStatus[];
  /** Regions whose requests are refused because nobody can say what was meant there. */
  readonly closed: readonly {
    readonly host: string;
    readonly pathPrefix: string;
    readonly methods: readonly string[];
  }[];
}

/** One document of policy. */
export interface SourceStatus {
  readonly name: string;
  /** Entries that are in force. */
  readonly entries: number;
  readonly problems: readonly StatusProblem[];
}

export interface StatusProblem {
  /** Where. */
  readonly setting: string;
  /** What is wrong, and how to put it right. */
  readonly message: string;
}

/** Objects of Kubernetes that are watched. */
export interface WatchStatus {
  /** Which: `namespaces`, `configmaps of namespace team-a`, `secret broker/client of cluster in-cluster`. */
  readonly name: string;
  /** Whether they have ever been read. */
  readonly synced: boolean;
  /** Why they cannot be watched at the moment; what is known of them stays in use. */
  readonly problem: string | undefined;
}
