import { describe, expect, it } from 'vitest';

import { classify } from './classify.ts';
import { chooseMicroversion, microversionHeaders, versionDocumentUrl } from './microversion.ts';

describe('choosing a microversion', () => {
  it.each([
    ['2.93', { microversion: '2.79', offered: '2.93', tags: true }],
    ['2.79', { microversion: '2.79', offered: '2.79', tags: true }],
    ['2.60', { microversion: '2.60', offered: '2.60', tags: true }],
    ['2.52', { microversion: '2.52', offered: '2.52', tags: true }],
    ['2.51', { microversion: '2.51', offered: '2.51', tags: false }],
  ])('of a cloud that offers up to %s', (version, chosen) => {
    expect(chooseMicroversion({ version, min_version: '2.1' })).toEqual(chosen);
  });

  it('sends no header to a Nova that knows none', () => {
    const chosen = chooseMicroversion({ version: '', min_version: '' });
    expect(chosen.tags).toBe(false);
    expect(microversionHeaders(chosen)).toEqual({});
  });

  it('takes the wish of clouds.yaml, and refuses one that is not offered', () => {
    expect(chooseMicroversion({ version: '2.93', min_version: '2.1' }, '2.40').microversion).toBe('2.40');
    try {
      chooseMicroversion({ version: '2.60', min_version: '2.1' }, '2.79');
      expect.unreachable();
    } catch (error) {
      expect(classify(error)).toMatchObject({
        class: 'permanent',
        type: 'MicroversionNotOffered',
        message: 'compute microversion 2.79 is not offered: the cloud has 2.1 to 2.60',
      });
    }
  });

  it('does not go below the oldest version that a cloud of the future still offers', () => {
    expect(chooseMicroversion({ version: '2.120', min_version: '2.90' }).microversion).toBe('2.90');
  });

  it.each([
    ['http://n:8774/v2.1', 'http://n:8774/v2.1/'],
    ['http://n:8774/v2.1/0123456789abcdef', 'http://n:8774/v2.1/'],
    ['https://n/compute/v2.1', 'https://n/compute/v2.1/'],
    ['https://n/v2/0123', 'https://n/v2/'],
  ])('finds the version document of %s', (endpoint, url) => {
    expect(versionDocumentUrl(endpoint).href).toBe(url);
  });
});
