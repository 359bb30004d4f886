import type { App } from './app.ts';
import type { Configuration } from './config/configuration.ts';
import type { PolicyDocumentSource } from './config/policy-source.ts';
import type { WatchedFiles } from './config/watched-files.ts';
import type { Clock } from './decide/ports.ts';

/** ms between two looks at the files. */
const INTERVAL = 1000;

interface ReloaderOptions {
  readonly app: Pick<App, 'apply' | 'renewCertificates'>;
  readonly files: WatchedFiles;
  readonly clock: Pick<Clock, 'now'>;
  /** Reads the operator's configuration. @throws ConfigurationError */
  readonly load: () => Promise<Configuration>;
  /** Reads the documents beside it; it never throws. */
  readonly readDocuments: (configuration: Configuration) => readonly PolicyDocumentSource[];
  /** Told of each configuration that has come into force. */
  readonly applied: (configuration: Configuration) => void;
}

/** Puts the configuration in force, and again whenever a file that it was read from has changed, or something in it ends. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #configuration: Configuration;
  #failure: unknown;
  #changesAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param configuration the one at start */
  constructor(configuration: Configuration, options: ReloaderOptions) {
    this.#configuration = configuration;
    this.#options = options;
  }

  /** @throws ConfigurationError with what is wrong with policy that the configuration itself holds */
  start(): void {
    this.#apply(this.#configuration);
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
    const { app, clock, files, load, applied } = this.#options;
    if (!files.changed()) {
      if (this.#changesAt !== undefined && clock.now() >= this.#changesAt) this.#applyAgain();
      return;
    }
    files.begin();
    try {
      const next = await load();
      app.renewCertificates();
      this.#failure = undefined;
      this.#apply(next);
      this.#configuration = next;
      applied(next);
    } catch (error) {
      files.abandon();
      this.#failure = error;
      this.#applyAgain();
    }
  }

  #apply(configuration: Configuration): void {
    const { app, readDocuments } = this.#options;
    const { changesAt } = app.apply(configuration, readDocuments(configuration), this.#failure);
    this.#changesAt = changesAt;
  }

  /** What teams and revocations say must not wait for the operator's file to be mended. */
  #applyAgain(): void {
    try {
      this.#apply(this.#configuration);
    } catch {
      // It was in force a moment ago; the app has told of what is wrong with it now.
    }
  }
}
