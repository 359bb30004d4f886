import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { BROKER_CLIENT, LOGIN_CLIENT, type ProviderKind } from '../../../tools/login/identity-provider.ts';
import { type LoginSetup, type LoginStage, startLogin } from '../../../tools/login/start.ts';
import { PlantedSecrets } from '../../support/planted-secrets.ts';
import { startBrowser } from './browser.ts';
import { Visit } from './visit.ts';

/** The identity providers that tests run with: both, or the one that the environment names. */
export const PROVIDERS: readonly ProviderKind[] =
  process.env.IDP === undefined ? ['embedded', 'dex'] : [process.env.IDP === 'dex' ? 'dex' : 'embedded'];

const SCREENSHOTS = fileURLToPath(new URL('../../../build/browser/', import.meta.url));
const COOKIE_KEY = 'planted-cookie-key-of-more-than-32-bytes';
const PRINTED_LOG_CHARACTERS = 20_000;
/** Any token of either provider: its header and its payload. */
const JWT = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}/;

export interface Login extends LoginStage {
  /** A browser of its own, as far as cookies go: another person, or another device. */
  visit(): Promise<Visit>;
}

/**
 * Gives a group of tests a login and a browser: started before the first, stopped after the last. When a test fails, its
 * pages are kept as pictures and the logs are printed; in the end the logs are searched for secrets and tokens.
 *
 * @returns A function, because they exist only once tests run.
 */
export function useLogin(setup: Omit<LoginSetup, 'cookieKey'>): () => Login {
  let stage: LoginStage | undefined;
  let browser: Browser | undefined;
  let contexts: BrowserContext[] = [];
  const secrets = new PlantedSecrets();
  secrets.plant("the login client's secret", LOGIN_CLIENT.secret);
  secrets.plant("the broker client's secret", BROKER_CLIENT.secret);
  secrets.plant('the cookie key', COOKIE_KEY);
  for (const { name, password } of setup.people) secrets.plant(`${name}'s password`, password);

  beforeAll(async () => {
    stage = await startLogin({ ...setup, cookieKey: COOKIE_KEY });
    browser = await startBrowser();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail' && stage !== undefined) {
      await keepPictures(contexts, task.name);
      for (const [place, log] of Object.entries(logsOf(stage))) {
        console.error(`--- ${place}, after "${task.name}" failed ---\n${log.slice(-PRINTED_LOG_CHARACTERS)}`);
      }
    }
    for (const context of contexts) await context.close();
    contexts = [];
  });
  afterAll(async () => {
    await browser?.close();
    if (stage === undefined) return;
    try {
      expect(secrets.findIn(logsOf(stage))).toEqual([]);
      for (const log of Object.values(logsOf(stage))) expect(log).not.toMatch(JWT);
    } finally {
      await stage.stop();
    }
  });

  return () => {
    if (stage === undefined || browser === undefined) throw new Error('nothing is started yet: use it inside a test');
    const { origin } = stage;
    const running = browser;
    return {
      ...stage,
      visit: async () => {
        // The authority that signed the certificate is known to this test alone.
        const context = await running.newContext({ ignoreHTTPSErrors: true });
        contexts.push(context);
        return Visit.begin(context, origin);
      },
    };
  };
}

function logsOf({ envoy, control }: LoginStage): Record<string, string> {
  return { "Envoy's log": envoy.log(), "control's log": control.log() };
}

async function keepPictures(contexts: readonly BrowserContext[], test: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const [index, page] of contexts.flatMap((context) => context.pages()).entries()) {
    const path = `${SCREENSHOTS}${test.replaceAll(/\W+/g, '-')}-${index}.png`;
    await page.screenshot({ path }).catch(() => {});
    console.error(`--- ${page.url()}: ${path}`);
  }
}
