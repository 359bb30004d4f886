import type { App } from './app.ts';
import type { Configuration } from './config/configuration.ts';
import type { PolicyDocumentSource } from './config/policy-source.ts';
import type { WatchedFiles } from './config/watched-files.ts';

/** ms between two looks at the files. */
const INTERVAL = 1000;

interface ReloaderOptions {
  readonly app: Pick<App, 'apply' | 'renewCertificates'>;
  readonly files: WatchedFiles;
  /** Reads the operator's configuration. @throws ConfigurationError */
  readonly load: () => Promise<Configuration>;
  /** Reads the documents beside it; it never throws. */
  readonly readDocuments: (configuration: Configuration) => readonly PolicyDocumentSource[];
  /** Told of each configuration that has come into force. */
  readonly applied: (configuration: Configuration) => void;
}

/** Puts the configuration in force, and again whenever a file that it was read from has changed. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #configuration: Configuration;
  #timer: NodeJS.Timeout | undefined;

  /** @param configuration the one at start */
  constructor(configuration: Configuration, options: ReloaderOptions) {
    this.#configuration = configuration;
    this.#options = options;
  }

  /** @throws ConfigurationError with what is wrong with policy that the configuration itself holds */
  start(): void {
    const { app, readDocuments } = this.#options;
    app.apply(this.#configuration, readDocuments(this.#configuration));
  }

  /** Looks at the files from now on. */
  watch(): void {
    const look = async () => {
      await this.reloadIfChanged();
      this.#timer = setTimeout(look, INTERVAL).unref();
    };
    this.#timer = setTimeout(look, INTERVAL).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** It never rejects: a configuration that is bad is told of, and the one in force stays. */
  async reloadIfChanged(): Promise<void> {
    const { app, files, load, readDocuments, applied } = this.#options;
    if (!files.changed()) return;
    files.begin();
    try {
      const next = await load();
      const documents = readDocuments(next);
      app.renewCertificates();
      app.apply(next, documents);
      this.#configuration = next;
      applied(next);
    } catch (error) {
      files.abandon();
      this.#applyDocuments(error);
    }
  }

  /** What teams and revocations say must not wait for the operator's file to be mended. */
  #applyDocuments(failure: unknown): void {
    const { app, readDocuments } = this.#options;
    try {
      app.apply(this.#configuration, readDocuments(this.#configuration), failure);
    } catch {
      // It was in force a moment ago; the app has told of what is wrong with it now.
    }
  }
}
