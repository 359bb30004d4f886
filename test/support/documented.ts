import { readFileSync } from 'node:fs';

/**
 * The block of code in a document that holds a text, so that what people copy is what is tested.
 *
 * @param path from the root of the repository
 * @throws Error unless there is exactly one
 */
export function readDocumented(path: string, text: string): string {
  const page = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const found = blocks.filter((block) => block.includes(text));
  if (found.length !== 1) throw new Error(`${path} has ${found.length} blocks of code with ${text}`);
  return found[0] ?? '';
}
