import type { ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Is told once when exports begin to fail, and once when they work again. */
export interface ExportObserver {
  failed(error: Error): void;
  recovered(): void;
}

/** OpenTelemetry's `ExportResultCode.SUCCESS`, whose enumeration would be all that is used of its package here. */
const SUCCESS = 0;

/** Keeps failures of an exporter away from everything else, and tells of them once. */
export class WatchedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #observer: ExportObserver;
  #failing = false;

  constructor(exporter: SpanExporter, observer: ExportObserver) {
    this.#exporter = exporter;
    this.#observer = observer;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      const failing = result.code !== SUCCESS;
      if (failing && !this.#failing) this.#observer.failed(result.error ?? new Error('the export failed'));
      if (!failing && this.#failing) this.#observer.recovered();
      this.#failing = failing;
      // The spans are given up either way: to the processor above, that is no different from having been sent.
      done({ code: SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }
}
