/** Prints how large the modules are that Envoy loads, and ends with 1 when one is too large. */
import { findTooLarge, LARGEST, measureModules } from './modules.ts';

const sizes = measureModules();
for (const { name, raw, gzip } of sizes) {
  console.log(`${name.padEnd(20)} ${raw} bytes, ${gzip} with gzip (at most ${LARGEST.raw} and ${LARGEST.gzip})`);
}
const tooLarge = findTooLarge(sizes);
for (const line of tooLarge) console.error(line);
if (tooLarge.length > 0) process.exitCode = 1;
