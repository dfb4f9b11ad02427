/** Numbers of any size in little room: ∞ and NaN as such, few digits, a true minus sign. */
export function tidy(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size >= 1e5 || size < 1e-3
      ? value.toExponential(Math.max(0, digits - 2)).replace('e+', 'e')
      : size >= 1000
        ? value.toFixed(0)
        : value.toFixed(Math.max(0, digits - Math.max(0, Math.floor(Math.log10(size)))));
  return signed(text);
}

/** As `tidy`, but integers without decimals: where nothing has to line up. */
export const plain = (value: number, digits = 3): string =>
  Number.isInteger(value) && Math.abs(value) < 1e5 ? signed(String(value)) : tidy(value, digits);

/** A fixed number of decimals, for columns that line up. */
export const fixed = (value: number, decimals: number): string => signed(value.toFixed(decimals));

const signed = (text: string): string => text.replaceAll('-', '−').replace(/^−(0(\.0+)?)$/, '$1');

/** A share of 0 to 1: 3.4 %, 12 %. */
export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

/** A probability: as `percent`, but what is not impossible is not 0. */
export const chance = (p: number): string => (p > 0 && p < 0.0005 ? '< 0.1 %' : percent(p));

/** An error such as 6.1e-8, or 0. */
export const error = (value: number): string =>
  value === 0 ? '0' : value.toExponential(1).replace('-', '−');
