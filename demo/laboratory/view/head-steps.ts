/** The steps of an attention head: what is read, what comes of it, and how one number of it is computed. */
import type { LaboratoryStrings } from '../english';
import { HEAD_WIDTH, type HeadInput, type HeadResult, type HeadStage } from '../session/protocol';
import type { HeatMapData } from '../../view/cells';
import type { Cell } from '../../view/heat-map';
import { fixed, tidy } from '../../view/numbers';

export interface HeadStep {
  readonly operands: readonly HeadStage[];
  readonly results: readonly HeadStage[];
}

export const STEPS: readonly HeadStep[] = [
  { operands: ['embedding', 'positions'], results: ['x'] },
  { operands: ['x', 'weightQ', 'weightK', 'weightV'], results: ['q', 'k', 'v'] },
  { operands: ['q', 'k'], results: ['scores'] },
  { operands: ['scores'], results: ['scaled'] },
  { operands: ['scaled'], results: ['masked'] },
  { operands: ['masked'], results: ['weights'] },
  { operands: ['weights', 'v'], results: ['out', 'fused'] },
];

/** What the panel has in view: an answer of the kernels, and the tokens that are shown, padding last. */
export interface HeadView {
  readonly input: HeadInput;
  readonly result: HeadResult;
  readonly tokens: readonly string[];
}

/** Rows and columns are both tokens. */
const PAIRS: readonly HeadStage[] = ['scores', 'scaled', 'masked', 'weights'];
/** The projections, whose rows are columns of X. */
const PROJECTIONS: readonly HeadStage[] = ['weightQ', 'weightK', 'weightV'];

export const hasTokenRows = (stage: HeadStage): boolean => !PROJECTIONS.includes(stage);

const sees = ({ words, causal }: HeadInput, query: number, key: number): boolean =>
  key < words.length && (!causal || key <= query);

export function valueAt({ result }: HeadView, stage: HeadStage, { row, column }: Cell): number {
  const { columns, values } = result.stages[stage];
  return values[row * columns + column];
}

/** A stage as a heat map; `labels` leaves out the tokens' names for small ones. */
export function heatMapOf(view: HeadView, stage: HeadStage, strings: LaboratoryStrings): HeatMapData {
  const { input, result, tokens } = view;
  const matrix = result.stages[stage];
  const pairs = PAIRS.includes(stage);
  const byToken = hasTokenRows(stage);
  const rows = byToken ? tokens.length : matrix.rows;
  const columns = pairs ? tokens.length : matrix.columns;
  const value = (row: number, column: number): number => matrix.values[row * matrix.columns + column];
  const hatched = stage === 'masked' || stage === 'weights';
  let most = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!hatched || sees(input, row, column)) most = Math.max(most, Math.abs(value(row, column)));
    }
  }
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
  const shares = stage === 'weights';
  return {
    rows,
    columns,
    value,
    masked: hatched ? (query, key) => !sees(input, query, key) : undefined,
    palette: shares ? 'sequential' : 'diverging',
    range: shares ? [0, 1] : [-(most || 1), most || 1],
    rowAxis: { title: '', labels: byToken ? tokens.map(short) : numbers(rows), dense: true },
    columnAxis: { title: '', labels: pairs ? tokens.map(short) : numbers(columns), dense: true },
    text: (x) => fixed(x, 2),
    label: strings.matrixName(strings.matrices[stage], rows, columns),
  };
}

/** Long words would leave no room for their matrix. */
const short = (token: string): string => (token.length > 9 ? `${token.slice(0, 8)}…` : token);

/** Which rows and columns of an operand went into a result's cell, or belong to the followed query. */
export function marked(
  operand: HeadStage,
  from: { readonly stage: HeadStage; readonly cell: Cell } | null,
  query: number,
): { row?: number; column?: number } {
  if (!from) return hasTokenRows(operand) && operand !== 'k' && operand !== 'v' ? { row: query } : {};
  const { stage, cell } = from;
  if (stage === 'q' || stage === 'k' || stage === 'v') {
    if (operand === 'x') return { row: cell.row };
    const projection = { q: 'weightQ', k: 'weightK', v: 'weightV' }[stage];
    return operand === projection ? { column: cell.column } : {};
  }
  if (stage === 'scores') return { row: operand === 'q' ? cell.row : cell.column };
  if (stage === 'out' || stage === 'fused') {
    return operand === 'weights' ? { row: cell.row } : { column: cell.column };
  }
  return { row: cell.row };
}

/** How a number came about, with the numbers that it came from. */
export function explain(view: HeadView, stage: HeadStage, cell: Cell, strings: LaboratoryStrings): string {
  const { row, column } = cell;
  const { input, tokens } = view;
  const at = (name: HeadStage, r: number, c: number): number => valueAt(view, name, { row: r, column: c });
  const name = strings.matrices[stage].replace(/.* /, '');
  const token = hasTokenRows(stage) ? tokens[row] : String(row);
  const other = PAIRS.includes(stage) ? tokens[column] : String(column);
  const value = tidy(at(stage, row, column));
  const entry = `${name}[${token}, ${other}]`;
  switch (stage) {
    case 'x':
      return `${entry} = ${tidy(at('embedding', row, column))} + ${term(at('positions', row, column))} = ${value}`;
    case 'q':
    case 'k':
    case 'v': {
      const weight = ({ q: 'weightQ', k: 'weightK', v: 'weightV' } as const)[stage];
      const { columns } = view.result.stages.x;
      const terms = Array.from(
        { length: columns },
        (_, c) => [at('x', row, c), at(weight, c, column)] as const,
      );
      return `${entry} = ${products(terms)} = ${value}`;
    }
    case 'scores': {
      const terms = Array.from(
        { length: HEAD_WIDTH },
        (_, d) => [at('q', row, d), at('k', column, d)] as const,
      );
      return `q(${token}) · k(${other}) = ${products(terms)} = ${value}`;
    }
    case 'scaled':
      return `${tidy(at('scores', row, column))} / √${HEAD_WIDTH} = ${value}`;
    case 'masked':
      return sees(input, row, column)
        ? `${tidy(at('scaled', row, column))} + 0 = ${value}`
        : `[${token}, ${other}] ${strings.notSeen}`;
    case 'weights': {
      if (!sees(input, row, column)) return `[${token}, ${other}] ${strings.notSeen}`;
      const seen = tokens.flatMap((_, key) => (sees(input, row, key) ? [at('masked', row, key)] : []));
      const largest = Math.max(...seen);
      const sum = seen.reduce((total, s) => total + Math.exp(s - largest), 0);
      const score = tidy(at('masked', row, column));
      return `${entry} = exp(${score} − ${term(largest)}) / ${tidy(sum)} = ${value}`;
    }
    case 'out': {
      const terms = input.words.map((_, key) => [at('weights', row, key), at('v', key, column)] as const);
      return `${entry} = ${products(terms)} = ${value}`;
    }
    default:
      return `${strings.matrices[stage]}[${token}, ${other}] = ${value}`;
  }
}

const term = (x: number): string => (x < 0 ? `(${tidy(x)})` : tidy(x));

/** A sum of products by its largest terms. */
function products(terms: readonly (readonly [number, number])[]): string {
  const MOST = 3;
  const sorted = [...terms].sort(([a, b], [c, d]) => Math.abs(c * d) - Math.abs(a * b));
  const shown = sorted.slice(0, MOST).map(([a, b]) => `${term(a)}·${term(b)}`);
  return shown.join(' + ') + (terms.length > MOST ? ' + …' : '');
}
