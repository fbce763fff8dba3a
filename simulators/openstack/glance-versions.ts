/** Glance's version document: ten minor versions, one path. */
import { prefixes, type Cloud } from './cloud.ts';
import type { Routes } from './routes.ts';
import { ok } from './wire.ts';

const minors = [15, 9, 7, 6, 5, 4, 3, 2, 1, 0];

export function addGlanceVersions(routes: Routes, cloud: Cloud): void {
  const versions = () => ({
    versions: minors.map((minor, at) => ({
      id: `v2.${minor}`,
      status: at === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${cloud.url}${prefixes.glance}/v2/` }],
    })),
  });
  routes.add('GET', '/', () => ({ status: 300, body: versions() }));
  routes.add('GET', '/v2', () => ({ status: 300, body: versions() }));
  routes.add('GET', '/versions', () => ok(versions()));
}
