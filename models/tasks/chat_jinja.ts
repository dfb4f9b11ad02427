/** Jinja as Python has it, where its JavaScript differs. */

/**
 * What Heed uses of `@huggingface/jinja`, told here: the library's own types do not resolve under node16 and nodenext, and ours, which
 * apps check, must not lead there.
 */
export interface Jinja {
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => Interpreter;
  tokenize(
    source: string,
    options: { readonly trim_blocks: boolean; readonly lstrip_blocks: boolean },
  ): object;
  parse(tokens: object): Program;
}
export type Program = object;

interface Environment {
  set(name: string, value: unknown): Value;
}
interface Interpreter {
  run(program: Program): Value;
}
interface Value {
  readonly value: unknown;
}

/** Parts of an interpreter that it keeps to itself. */
interface Inside {
  evaluate(node: unknown, environment: Environment): Value;
  evaluateBinaryExpression(node: Binary, environment: Environment): Value;
}
interface Binary {
  readonly operator: { readonly value: string };
  readonly left: unknown;
  readonly right: unknown;
}

/** An interpreter to which '' and false are different, as they are in Python: JavaScript's == takes them for the same. */
export function interpreterOf({ Interpreter, Environment }: Jinja, environment: Environment): Interpreter {
  const interpreter = new Interpreter(environment);
  const inside = interpreter as unknown as Inside;
  const other = inside.evaluateBinaryExpression.bind(interpreter);
  const values = new Environment();
  const [yes, no] = [values.set('yes', true), values.set('no', false)];
  inside.evaluateBinaryExpression = (node, scope) => {
    const { operator, left, right } = node;
    if (operator.value !== '==' && operator.value !== '!=') return other(node, scope);
    const same = areEqual(inside.evaluate(left, scope).value, inside.evaluate(right, scope).value);
    return same === (operator.value === '==') ? yes : no;
  };
  return interpreter;
}

/** Python's ==: of numbers and truths by number, of lists and mappings by what they hold. */
function areEqual(a: unknown, b: unknown): boolean {
  const number = (x: unknown): unknown => (typeof x === 'boolean' ? Number(x) : x);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((x, i) => areEqual(inner(x), inner(b[i])));
  }
  if (a instanceof Map && b instanceof Map) {
    return (
      a.size === b.size && [...a].every(([key, x]) => b.has(key) && areEqual(inner(x), inner(b.get(key))))
    );
  }
  return number(a) === number(b);
}

const inner = (value: unknown): unknown => (value as Value).value;
