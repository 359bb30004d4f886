import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type Link, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';

/** The decision that what runs now belongs to. */
interface Scope {
  readonly span: Span;
  /** Its span has ended, or will not wait for what runs now. */
  over: boolean;
}

const NO_LINKS: Link[] = [];

/** Which decision is under way, however deep in the calls; follows promises and timers, as Node's own storage does. */
export class Scopes {
  readonly #storage = new AsyncLocalStorage<Scope>();

  get span(): Span | undefined {
    return this.#storage.getStore()?.span;
  }

  /** Runs `task` as the span's, and ends the span with it. */
  async run<Result>(span: Span, task: () => Promise<Result>): Promise<Result> {
    const scope: Scope = { span, over: false };
    try {
      return await this.#storage.run(scope, task);
    } finally {
      scope.over = true;
      span.end();
    }
  }

  /** Runs `task` as something that the decision under way does not wait for. */
  leave<Result>(task: () => Result): Result {
    const scope = this.#storage.getStore();
    return scope === undefined ? task() : this.#storage.run({ span: scope.span, over: true }, task);
  }

  /** What a new span stands below; where that could end first, or has, it begins a trace of its own and links to it. */
  parent(): { readonly context: Context; readonly links: Link[] } {
    const scope = this.#storage.getStore();
    if (scope === undefined) return { context: ROOT_CONTEXT, links: NO_LINKS };
    if (scope.over) return { context: ROOT_CONTEXT, links: [{ context: scope.span.spanContext() }] };
    return { context: trace.setSpan(ROOT_CONTEXT, scope.span), links: NO_LINKS };
  }
}
