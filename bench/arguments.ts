import { parseArgs } from 'node:util';

export interface Arguments {
  /** A folder with the peers' binaries. */
  readonly peers: string | undefined;
  /** Whether to do just enough to see that everything works. */
  readonly quick: boolean;
  /** Numbers of marks to measure; without 1 and 4 the variants are not compared. */
  readonly marks: readonly number[];
}

/** `--peers=FOLDER --quick --marks=1,2`; what is empty counts as absent, as make hands it over. */
export function readArguments(parameters: string[]): Arguments {
  const { values } = parseArgs({
    args: parameters,
    options: { peers: { type: 'string' }, quick: { type: 'boolean', default: false }, marks: { type: 'string' } },
  });
  const marks = values.marks ? values.marks.split(',').map(Number) : [1, 2, 3, 4, 5, 6, 7];
  return { peers: values.peers || undefined, quick: values.quick, marks };
}
