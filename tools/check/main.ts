/**
 * The project's own rules, those that no tool checks. Prints a line for each violation; `--fix` completes the lockfile.
 */
import { findBoundaryViolations } from './boundaries.ts';
import { findBrokenReferences } from './documents.ts';
import { findForbiddenText } from './forbidden-text.ts';
import { findLongFiles } from './lengths.ts';
import { completeLockfile, findMissingPackages } from './lockfile.ts';
import { readProjectFiles } from './project-files.ts';

if (process.argv.includes('--fix')) completeLockfile();
const files = readProjectFiles();
const problems = [
  ...findBoundaryViolations(files),
  ...findBrokenReferences(files),
  ...findForbiddenText(files),
  ...findLongFiles(files),
  ...findMissingPackages(),
];
for (const problem of problems) console.error(problem);
console.log(`${files.length} files, ${problems.length} violations of the project's own rules`);
if (problems.length > 0) process.exitCode = 1;
