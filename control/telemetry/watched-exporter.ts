import type { ExportResult } from '@opentelemetry/core';

/** Is told once when exports begin to fail, and once when they work again. */
export interface ExportObserver {
  failed(error: Error): void;
  recovered(): void;
}

/** OpenTelemetry's `ExportResultCode.SUCCESS`, whose enumeration would be all that is used of its package here. */
const SUCCESS = 0;

/** OpenTelemetry's `SpanExporter` and `PushMetricExporter`, of `Batch`es of what either exports. */
interface Exporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Keeps failures of an exporter away from everything else, and tells of them once. */
export class WatchedExporter<Batch> implements Exporter<Batch> {
  readonly #exporter: Exporter<Batch>;
  readonly #observer: ExportObserver;
  #failing = false;

  constructor(exporter: Exporter<Batch>, observer: ExportObserver) {
    this.#exporter = exporter;
    this.#observer = observer;
  }

  export(batch: Batch, done: (result: ExportResult) => void): void {
    this.#exporter.export(batch, (result) => {
      const failing = result.code !== SUCCESS;
      if (failing && !this.#failing) this.#observer.failed(result.error ?? new Error('the export failed'));
      if (!failing && this.#failing) this.#observer.recovered();
      this.#failing = failing;
      // The batch is given up either way: to whoever made it, that is no different from having been sent.
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
