import { expect, it } from 'vitest';

import { cloudsFilePlaces, findCloudsFile } from './find-clouds-file.ts';

const search = { environment: {}, workingDirectory: '/work', homeDirectory: '/home/me' };

it('looks in the working directory, then in the home, then in /etc', () => {
  expect(cloudsFilePlaces(search).filter((place) => place.endsWith('.yaml'))).toEqual([
    '/work/clouds.yaml',
    '/home/me/.config/openstack/clouds.yaml',
    '/etc/openstack/clouds.yaml',
  ]);
});

it('prefers the file that OS_CLIENT_CONFIG_FILE names', async () => {
  const environment = { OS_CLIENT_CONFIG_FILE: 'mine.yaml' };
  expect(await findCloudsFile({ ...search, environment }, async () => true)).toBe('/work/mine.yaml');
});

it('takes the first that exists, and none when none does', async () => {
  expect(await findCloudsFile(search, async (path) => path.startsWith('/etc'))).toBe('/etc/openstack/clouds.yaml');
  expect(await findCloudsFile(search, async () => false)).toBeUndefined();
});
