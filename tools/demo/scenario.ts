import type { StartedParts } from '../launch/started-parts.ts';
import type { Page } from './page.ts';

/** Starts what it needs, sends its requests, and shows and checks what came of them. */
export type Scenario = (parts: StartedParts, page: Page) => Promise<void>;
