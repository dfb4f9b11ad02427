import { expect, it } from 'vitest';
import { EngineError, Linear, parameters } from '../../engine/index';
import { reordered } from '../pretrained_checkpoint';
import { entriesOf, type WeightMap } from './weight_map';

/** weight (4, 2) and bias (4), in two sections. */
const layer = { up: new Linear(2, [2, 2]) };
const entries = (tensors: WeightMap['tensors']) => entriesOf({ tensors }, parameters(layer), []);
const bias = { 'up.bias': 'bias' };

it.each<[what: string, tensors: WeightMap['tensors'], why: string]>([
  ['no rule', { 'up.weigth': 'w', ...bias }, 'up.weight: the family has no tensor for it'],
  ['one tensor of two', { 'up.{weight,bias}': 'both' }, 'up.bias: both is up.weight already'],
  ['one tensor twice', { 'up.weight': '{q,q}', ...bias }, 'up.weight: q is up.weight already'],
  [
    'a copy of another',
    { 'up.weight': { from: 'w', copies: ['bias'] }, ...bias },
    'bias is up.weight already',
  ],
  ['copies of parts', { 'up.weight': { from: '{q,k}', copies: ['c'] }, ...bias }, 'not of 2 tensors'],
  ['sections', { 'up.weight': '{q,k,v}.weight', ...bias }, '3 tensors do not make up its 4 rows'],
  ['a star alone', { 'up.weight': 'h.*.w', ...bias }, 'a star has no number to take'],
  ['groups', { 'up.{weight,bias}': { from: '{weight,bias}', groups: 3 } }, 'are not in 3 groups'],
  ['a shape', { 'up.weight': { from: 'w', shape: () => [3, 2] }, ...bias }, 'shape makes (3, 2) of (4, 2)'],
])('a map with a mistake is refused: %s', (_, tensors, why) => {
  expect(() => entries(tensors)).toThrow(why);
  expect(() => entries(tensors)).toThrow(EngineError);
});

it('words in braces may have spaces, and copies of parts belong to their parts', () => {
  const map = { 'up.{ weight, bias }': { from: '{q, k}.{weight, bias}', copies: ['{a,b}.{weight,bias}'] } };
  expect(entries(map).get('up.bias')!.parts).toEqual([
    { name: 'q.bias', shape: [2], copies: ['a.bias'] },
    { name: 'k.bias', shape: [2], copies: ['b.bias'] },
  ]);
});

it('rows that lie head by head in a file are found, and go back', () => {
  const qkv = { qkv: new Linear(1, [4, 2, 2]) };
  const map = { 'qkv.{weight,bias}': { from: '{weight,bias}', groups: 2 } };
  const { order } = entriesOf({ tensors: map }, parameters(qkv), []).get('qkv.bias')!;
  const there = Float32Array.of(1, 2, 10, 20, 3, 4, 11, 21);
  const ours = Float32Array.of(1, 2, 3, 4, 10, 11, 20, 21);
  expect(reordered(there, order!)).toEqual(ours);
  expect(reordered(ours, order!, true)).toEqual(there);
});
