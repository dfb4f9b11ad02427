import { expect, it } from 'vitest';
import { asHex, fnv1a, fnv1aOfText } from './hash';

it('equals the published values of FNV-1a', () => {
  expect(asHex(fnv1aOfText(''))).toBe('811c9dc5');
  expect(asHex(fnv1aOfText('a'))).toBe('e40c292c');
  expect(asHex(fnv1aOfText('foobar'))).toBe('bf9cf968');
  expect(fnv1a([...'foobar'].map((c) => c.charCodeAt(0)))).toBe(fnv1aOfText('foobar'));
  expect(fnv1aOfText('bar', fnv1aOfText('foo'))).toBe(fnv1aOfText('foobar'));
});
