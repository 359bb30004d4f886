import type { App } from './app.ts';
import type { Configuration } from './config/configuration.ts';
import type { PolicyDocumentSource } from './config/policy-source.ts';
import type { WatchedFiles } from './config/watched-files.ts';
import type { Clock } from './decide/ports.ts';
import type { FollowedSecrets } from './kubernetes/followed-secrets.ts';

/** ms between two looks at the files. */
const INTERVAL = 1000;

interface ReloaderOptions {
  readonly app: Pick<App, 'apply' | 'renewCertificates'>;
  readonly files: WatchedFiles;
  readonly secrets: Pick<FollowedSecrets, 'begin' | 'abandon' | 'attempt'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Reads the operator's configuration. @throws ConfigurationError */
  readonly load: () => Promise<Configuration>;
  /** Reads the documents beside it; undefined when not all of them are known yet. It never throws. */
  readonly readDocuments: (configuration: Configuration) => readonly PolicyDocumentSource[] | undefined;
  /** Told of each configuration that has come into force. */
  readonly applied: (configuration: Configuration) => void;
}

/** What is to be read again: nothing, documents of policy, or the operator's configuration and the documents. */
type Due = 'nothing' | 'documents' | 'configuration';

/**
 * Puts the configuration in force; and again whenever a file that it was read from has changed, whoever watches something
 * else that it is read from says so, or something in it ends.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  /** The last good one. It waits for documents while {@link #changesAt} is not known. */
  #configuration: Configuration;
  #failure: unknown;
  #changesAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due: Due = 'nothing';
  #running: Promise<void> | undefined;
  #watching = false;

  /** @param configuration the one at start */
  constructor(configuration: Configuration, options: ReloaderOptions) {
    this.#configuration = configuration;
    this.#options = options;
  }

  /** @throws ConfigurationError with what is wrong with policy that the operator wrote */
  async start(): Promise<void> {
    await this.#options.secrets.attempt(() => this.#apply(this.#configuration));
  }

  /** Looks at the files from now on, and heeds what it is notified of. */
  watch(): void {
    this.#watching = true;
    void this.#runDue();
    const look = async () => {
      const { files, clock } = this.#options;
      if (files.changed()) await this.notify('configuration');
      else if (this.#changesAt !== undefined && clock.now() >= this.#changesAt) await this.notify('documents');
      this.#timer = setTimeout(look, INTERVAL).unref();
    };
    this.#timer = setTimeout(look, INTERVAL).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Something has changed. It resolves when that is in force, or told of as bad; it never rejects. */
  notify(what: Exclude<Due, 'nothing'>): Promise<void> {
    if (this.#due !== 'configuration') this.#due = what;
    return this.#watching ? this.#runDue() : Promise.resolve();
  }

  #runDue(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    for (let due = this.#due; due !== 'nothing'; due = this.#due) {
      this.#due = 'nothing';
      if (due === 'configuration') await this.#reload();
      else this.#applyAgain();
    }
  }

  async #reload(): Promise<void> {
    const { app, files, secrets, load } = this.#options;
    files.begin();
    secrets.begin();
    try {
      await secrets.attempt(async () => {
        const next = await load();
        app.renewCertificates();
        this.#failure = undefined;
        this.#apply(next);
      });
    } catch (error) {
      files.abandon();
      secrets.abandon();
      this.#failure = error;
      this.#applyAgain();
    }
  }

  /** Where documents are not known yet, what was in force stays until somebody says that they are. */
  #apply(configuration: Configuration): void {
    const { app, readDocuments, applied } = this.#options;
    const documents = readDocuments(configuration);
    if (documents !== undefined) {
      this.#changesAt = app.apply(configuration, documents, this.#failure).changesAt;
      applied(configuration);
    }
    this.#configuration = configuration;
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
