import { readFileSync } from 'node:fs';
import { DockerfileParser } from 'dockerfile-ast';

/** One instruction: `RUN`, and what it says, with continued lines joined. */
export interface Instruction {
  readonly keyword: string;
  readonly argument: string;
}

/** The stages of our Dockerfile, each from its FROM on, as a parser of Docker's grammar reads them. */
export function readStages(): Instruction[][] {
  const text = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const stages: Instruction[][] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === 'FROM') stages.push([]);
    stages.at(-1)?.push({ keyword, argument: instruction.getArgumentsContent() ?? '' });
  }
  return stages;
}

/** What the last instruction of a kind says in a stage. @throws {Error} when there is none */
export function argumentOf(stage: readonly Instruction[], keyword: string): string {
  const instruction = stage.findLast((each) => each.keyword === keyword);
  if (instruction === undefined) throw new Error(`there is no ${keyword}`);
  return instruction.argument;
}

/** The command that the image runs. */
export function readEntrypoint(): string[] {
  return JSON.parse(argumentOf(readStages().at(-1) ?? [], 'ENTRYPOINT'));
}
