import { readFileSync } from 'node:fs';
import { DockerfileParser, type ModifiableInstruction } from 'dockerfile-ast';

/** One instruction: `COPY`, `--from=stage`, and what it says, with continued lines joined. */
export interface Instruction {
  readonly keyword: string;
  readonly flags: readonly string[];
  readonly argument: string;
}

/** The stages of our Dockerfile, each from its FROM on, as a parser of Docker's grammar reads them. */
export function readStages(): Instruction[][] {
  const text = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const stages: Instruction[][] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === 'FROM') stages.push([]);
    const flags = 'getFlags' in instruction ? (instruction as ModifiableInstruction).getFlags() : [];
    const argument = instruction.getArgumentsContent() ?? '';
    stages.at(-1)?.push({ keyword, flags: flags.map((flag) => flag.toString()), argument });
  }
  return stages;
}

/** The last instruction of a kind in a stage. @throws {Error} when there is none */
export function lastOf(stage: readonly Instruction[], keyword: string): Instruction {
  const instruction = stage.findLast((each) => each.keyword === keyword);
  if (instruction === undefined) throw new Error(`there is no ${keyword}`);
  return instruction;
}

/** The command that the image runs. */
export function readEntrypoint(): string[] {
  return JSON.parse(lastOf(readStages().at(-1) ?? [], 'ENTRYPOINT').argument);
}
