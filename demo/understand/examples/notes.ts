/**
 * Notes on a small hotel's board, with questions: made by chance of sentences and names of our own, so that a small model can learn in a
 * minute where an answer stands. Nobody of these names exists.
 */
import { RandomStream } from '../../../engine/index';

const WOMEN = 'Anna,Ruth,Clara,Helen,Kate,Lucy,Emma,Nora,Jane,Alice,Grace,Julia,Mary,Susan,Rose,Ellen'.split(
  ',',
);
const MEN =
  'Peter,Paul,Tom,Henry,Frank,David,Simon,Max,Leo,John,Robert,George,Walter,Daniel,Oliver,Arthur'.split(',');
const FAMILIES = 'Berg,Hale,Stone,Cole,Grant,Ford,Moore,Lang,Young,West,Allen,Park,Hill,Dale,Page,Reed'.split(
  ',',
);
const TOWNS =
  'London,York,Paris,Boston,Vienna,Rome,Chicago,Dublin,Berlin,Geneva,Oxford,Madrid,Texas,Ohio,Bath,Dover'.split(
    ',',
  );
const DAYS = 'Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday'.split(',');
const HOURS = 'five,six,seven,eight,nine,ten,noon,half past two,half past six,a quarter to four'.split(',');
const COUNTS = 'two,three,four,five,six,seven,eight,nine,ten,twelve'.split(',');
const PRICES = 'ten,twelve,twenty,thirty,forty,fifty,sixty,eighty,ninety'.split(',');
const ROOMS = 'Garden,Tower,Lake,Corner,River,Rose'.split(',');
const THINGS = 'red scarf,black hat,gold watch,grey coat,brown bag,small key,blue umbrella,silver ring'.split(
  ',',
);
const PLACES = 'garden,library,hall,kitchen,dining room,boat house'.split(',');
const MEALS = 'Dinner,Lunch,Tea,Breakfast'.split(',');

/** A sentence, and questions on it with their answers. */
interface Fact {
  readonly text: string;
  readonly asked: readonly (readonly [question: string, answer: string])[];
}

interface Draw {
  of(list: readonly string[]): string;
  /** Another person than those before. */
  person(): { readonly name: string; readonly she: string };
}

const FACTS: readonly ((draw: Draw) => Fact)[] = [
  (draw) => {
    const [{ name }, day, hour] = [draw.person(), draw.of(DAYS), draw.of(HOURS)];
    return {
      text: `${name} arrives on ${day} at ${hour}.`,
      asked: [
        ['Who arrives?', name],
        [`When does ${name} arrive?`, `${day} at ${hour}`],
        [`On which day does ${name} arrive?`, day],
      ],
    };
  },
  (draw) => {
    const [{ name, she }, town, count] = [draw.person(), draw.of(TOWNS), draw.of(COUNTS)];
    return {
      text: `${name} comes from ${town}. ${she} stays for ${count} nights.`,
      asked: [
        [`Where does ${name} come from?`, town],
        ['Who stays with us?', name],
        [`How long does ${name} stay?`, `${count} nights`],
      ],
    };
  },
  (draw) => {
    const [room, price] = [`${draw.of(ROOMS)} Room`, `${draw.of(PRICES)} dollars`];
    return {
      text: `The ${room} costs ${price} a night.`,
      asked: [
        [`How much does the ${room} cost?`, price],
        [`Which room costs ${price}?`, room],
      ],
    };
  },
  (draw) => {
    const [{ name }, thing, place] = [draw.person(), draw.of(THINGS), draw.of(PLACES)];
    return {
      text: `${name} lost a ${thing} in the ${place}.`,
      asked: [
        [`What did ${name} lose?`, thing],
        [`Who lost a ${thing}?`, name],
        [`Where did ${name} lose the ${thing}?`, place],
      ],
    };
  },
  (draw) => {
    const [meal, count, hour, place] = [draw.of(MEALS), draw.of(COUNTS), draw.of(HOURS), draw.of(PLACES)];
    return {
      text: `${meal} for ${count} people is at ${hour} in the ${place}.`,
      asked: [
        [`When is ${meal.toLowerCase()}?`, hour],
        [`Where is ${meal.toLowerCase()}?`, place],
        [`How many people come to ${meal.toLowerCase()}?`, count],
      ],
    };
  },
  (draw) => {
    const [{ name }, town, hour] = [draw.person(), draw.of(TOWNS), draw.of(HOURS)];
    return {
      text: `At ${hour} a taxi takes ${name} to ${town}.`,
      asked: [
        ['When does the taxi come?', hour],
        ['Who takes the taxi?', name],
        [`Where does the taxi take ${name}?`, town],
      ],
    };
  },
  (draw) => {
    const [{ name }, price, thing] = [draw.person(), `${draw.of(PRICES)} dollars`, draw.of(THINGS)];
    return {
      text: `${name} paid ${price} for a ${thing}.`,
      asked: [
        [`Who paid for a ${thing}?`, name],
        [`How much did ${name} pay?`, price],
        [`What did ${name} pay for?`, thing],
      ],
    };
  },
  (draw) => {
    const [{ name, she }, town, day] = [draw.person(), draw.of(TOWNS), draw.of(DAYS)];
    return {
      text: `${name} called from ${town}. ${she} will call again on ${day}.`,
      asked: [
        ['Who called?', name],
        [`Where did ${name} call from?`, town],
        [`When will ${name} call again?`, day],
      ],
    };
  },
];

/** Notes, facts in each, and questions on each. */
const [NOTES, FACTS_EACH, ASKED] = [160, 2, 3];

export interface Note {
  readonly context: string;
  /** Questions with their answers, and where these begin. */
  readonly asked: readonly (readonly [question: string, answer: string, start: number])[];
}

function noteOf(random: RandomStream): Note {
  const below = (n: number): number => Math.floor(random.uniform() * n);
  const taken = new Set<string>();
  const fresh = (list: readonly string[]): string => {
    const left = list.filter((one) => !taken.has(one));
    const found = left[below(left.length)];
    taken.add(found);
    return found;
  };
  const draw: Draw = {
    of: fresh,
    person: () => {
      const she = random.uniform() < 0.5;
      const first = fresh(she ? WOMEN : MEN);
      const last = random.uniform() < 0.5 ? ` ${fresh(FAMILIES)}` : '';
      return { name: first + last, she: she ? 'She' : 'He' };
    },
  };
  const left = [...FACTS];
  let context = '';
  const asked: (readonly [string, string, number])[] = [];
  for (let i = 0; i < FACTS_EACH; i++) {
    const fact = left.splice(below(left.length), 1)[0](draw);
    const from = context === '' ? 0 : context.length + 1;
    context += `${context === '' ? '' : ' '}${fact.text}`;
    for (const [question, answer] of fact.asked)
      asked.push([question, answer, from + fact.text.search(new RegExp(`\\b${answer}\\b`))]);
  }
  return {
    context,
    asked: Array.from({ length: ASKED }, () => asked.splice(below(asked.length), 1)[0]),
  };
}

/** The same at each call. */
export function notes(seed = 1, count: number = NOTES): Note[] {
  return Array.from({ length: count }, (_, i) => noteOf(new RandomStream(seed, `note ${i}`)));
}

/** Context, question and answer of each, as lines of JSON in the form of SQuAD's tables. */
export const notesTable = (): string =>
  notes()
    .flatMap(({ context, asked }) =>
      asked.map(([question, text, start]) =>
        JSON.stringify({ context, question, answers: { text: [text], answer_start: [start] } }),
      ),
    )
    .join('\n');
