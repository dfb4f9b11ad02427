import { expect, test } from 'vitest';
import { decimalNumber, wholeNumber } from './rate-and-steps';

test('whole numbers with and without group separators, in English and in Chinese; nothing else', () => {
  for (const typed of ['3000', '3,000', ' 3 000 ', '3\u00a0000', '3，000', '３０００', "3'000", '3e3']) {
    expect(wholeNumber(typed), typed).toBe(3000);
  }
  expect(wholeNumber('1,234,567')).toBe(1234567);
  for (const typed of ['', '3,00', '3.000', '3.5', '3,0000', 'many', '-3', '0x10', '3 steps']) {
    expect(wholeNumber(typed), typed).toBeNaN();
  }
});

test('decimal numbers with a point or a comma', () => {
  for (const typed of ['0.003', '0,003', '.003', '3e-3', '０．００３']) {
    expect(decimalNumber(typed), typed).toBe(0.003);
  }
  for (const typed of ['', '0.0.3', 'fast', '-1', '1/3']) expect(decimalNumber(typed), typed).toBeNaN();
});
