import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** What Chromium does of itself at every start is of no use here, and asks hosts that a test must not depend on. */
const QUIET = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/**
 * Starts Chromium without a window, with a profile of its own that goes when it ends.
 *
 * @throws Error when there is none
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`there is no Chromium at ${executablePath}: run make test-browser, which installs one or says how`);
  }
  // Its sandbox cannot be set up by root, and it meets nothing but our own pages.
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args: QUIET });
}
