import { describe, expect, it } from 'vitest';

import { assessServer, readServer } from './server-reading.ts';
import type { WireServer } from './wire.ts';

const WANTED = { name: 'web-0', flavor: 'm1.small', image: 'debian', network_id: 'n1', fixed_ip: '10.0.1.5' };

function wire(fields: Partial<WireServer>): WireServer {
  return { id: 's1', name: 'web-0', status: 'ACTIVE', ...fields };
}

function assess(fields: Partial<WireServer>, wanted: Record<string, string> = WANTED) {
  return assessServer(wanted, readServer(wire(fields)));
}

describe('assessing a server', () => {
  it('is ready when ACTIVE, and reports name, address, flavor and host', () => {
    const assessment = assess({
      addresses: { net: [{ addr: '10.0.1.5', version: 4 }] },
      flavor: { original_name: 'm1.small' },
      hostId: 'abc',
      'OS-EXT-STS:task_state': null,
      'OS-EXT-STS:power_state': 1,
    });
    expect(assessment).toEqual({
      state: 'ready',
      outputs: { name: 'web-0', ip: '10.0.1.5', addresses: { net: ['10.0.1.5'] }, flavor: 'm1.small', host: 'abc' },
    });
  });

  it('waits for an address when none was asked for', () => {
    const { fixed_ip: _, ...wanted } = WANTED;
    expect(assess({ addresses: {} }, wanted)).toMatchObject({ state: 'pending' });
    expect(assess({ addresses: { net: [{ addr: '10.0.1.9', version: 4 }] } }, wanted)).toMatchObject({
      outputs: { ip: '10.0.1.9' },
    });
  });

  it('tells task and power state while it builds', () => {
    const assessment = assess({ status: 'BUILD', 'OS-EXT-STS:task_state': 'spawning', 'OS-EXT-STS:power_state': 0 });
    expect(assessment).toEqual({ state: 'pending', detail: 'BUILD, spawning' });
  });

  it('is not ready while it is being deleted', () => {
    expect(assess({ 'OS-EXT-STS:task_state': 'deleting' })).toMatchObject({ state: 'pending' });
  });

  it.each(['SHUTOFF', 'PAUSED', 'VERIFY_RESIZE', 'UNKNOWN'])('waits while it is %s', (status) => {
    expect(assess({ status })).toMatchObject({ state: 'pending', detail: status });
  });

  it.each([
    [500, 'No valid host was found. ', 'NoValidHost'],
    [
      500,
      'Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance s1.',
      'NoValidHost',
    ],
    [500, 'Build of instance s1 aborted: injected', 'BuildAborted'],
    [413, 'Quota exceeded for instances: Requested 1, but already used 2 of 2 instances', 'QuotaExceeded'],
    [413, 'Request entity too large', 'QuotaExceeded'],
    [500, 'Unexpected vif_type=binding_failed', 'ServerError'],
  ])('keeps fault %i "%s" word by word as %s', (code, message, type) => {
    const assessment = assess({ status: 'ERROR', fault: { code, message } });
    expect(assessment).toMatchObject({ state: 'failed', failure: { class: 'permanent', type } });
    expect(JSON.stringify(assessment)).toContain(`fault ${code}: ${message.trim()}`);
  });

  it('says so when the cloud gives no fault', () => {
    expect(assess({ status: 'ERROR' })).toMatchObject({
      state: 'failed',
      failure: { type: 'ServerError', message: expect.stringContaining('gives no fault') as string },
    });
  });

  it('fails for a server that somebody else deleted', () => {
    expect(assess({ status: 'SOFT_DELETED' })).toMatchObject({ state: 'failed', failure: { type: 'ServerDeleted' } });
  });
});
