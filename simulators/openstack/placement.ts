/** Placement: only its version document, which clients look for; Nova here schedules by itself. */
import type { Cloud } from './cloud.ts';
import { authenticate } from './keystone-errors.ts';
import { unknownPath } from './plain-errors.ts';
import { ok, settle, type Answer, type Call } from './wire.ts';

export function createPlacement(cloud: Cloud): (call: Call) => Answer {
  const version = {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: '1.0',
    max_version: '1.39',
    links: [{ rel: 'self', href: '' }],
  };
  return (call) =>
    settle(() => {
      if (call.method === 'GET' && call.path.replace(/\/+$/, '') === '') return ok({ versions: [version] });
      call.token = authenticate(cloud, call);
      throw unknownPath();
    });
}
