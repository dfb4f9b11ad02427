import { DataError } from '../../engine/index';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's `strftime` of a date in local time, in English whatever the page speaks: models were taught so. */
export function strftime(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const newYear = new Date(date.getFullYear(), 0, 1);
  const day =
    Math.round(
      (new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() - newYear.getTime()) /
        86_400_000,
    ) + 1;
  const parts: Readonly<Record<string, () => string>> = {
    Y: () => String(date.getFullYear()).padStart(4, '0'),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    e: () => String(date.getDate()).padStart(2),
    j: () => String(day).padStart(3, '0'),
    B: () => MONTHS[date.getMonth()],
    b: () => MONTHS[date.getMonth()].slice(0, 3),
    A: () => DAYS[date.getDay()],
    a: () => DAYS[date.getDay()].slice(0, 3),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    p: () => (date.getHours() < 12 ? 'AM' : 'PM'),
    F: () => `${parts.Y()}-${parts.m()}-${parts.d()}`,
    T: () => `${parts.H()}:${parts.M()}:${parts.S()}`,
    R: () => `${parts.H()}:${parts.M()}`,
    '%': () => '%',
  };
  return format.replace(/%(-?)([^]?)/g, (directive, plain: string, key: string) => {
    if (!Object.hasOwn(parts, key)) {
      throw new DataError(
        'strftime_now',
        `${directive} is not done`,
        `Done are %${Object.keys(parts).join(' %')}.`,
      );
    }
    return plain ? parts[key]().replace(/^[0 ]+(?=.)/, '') : parts[key]();
  });
}
