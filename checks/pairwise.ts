// What the ops of two operands, of which the second may repeat, are tried on.
import { normal } from './data';

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly broadcast: boolean;
}

/** Of `testOp`: the cases, a (rows, columns), b of its shape or (columns), and how many numbers a gradient sums up. */
export const pairwise = (spreadOfB: Parameters<typeof normal>[1] = {}) => ({
  cases: [
    { rows: 3, columns: 5, broadcast: false },
    { rows: 3, columns: 5, broadcast: true },
    { rows: 130, columns: 8, broadcast: false },
    { rows: 130, columns: 8, broadcast: true }, // a column sum in two passes
  ],
  inputs: ({ rows, columns, broadcast }: Case) => ({
    a: normal([rows, columns]),
    b: normal(broadcast ? [columns] : [rows, columns], spreadOfB),
  }),
  terms: ({ rows, broadcast }: Case) => (broadcast ? rows : 1),
});
