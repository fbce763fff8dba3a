import { describe, expect, it } from 'vitest';
import { nearestWord } from './nearest-word.ts';

const FIELDS = ['name', 'template', 'cloud_region', 'parameters', 'failure_policy'];

describe('the word that was probably meant', () => {
  it.each([
    ['nmae', 'name'],
    ['NAME', 'name'],
    ['region', undefined],
    ['cloud-region', 'cloud_region'],
    ['cloudRegion', 'cloud_region'],
    ['params', undefined],
    ['parameter', 'parameters'],
    ['failurePolicy', 'failure_policy'],
    ['x', undefined],
    ['', undefined],
  ])('for %j is %j', (word, meant) => {
    expect(nearestWord(word, FIELDS)).toBe(meant);
  });
});
