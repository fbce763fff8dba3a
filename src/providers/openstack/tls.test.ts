import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Logger } from '../../ports/logger.ts';
import { noMeasurements } from '../../ports/measurements.ts';
import type { TlsConfig } from './cloud-config.ts';
import { createClient } from './client.ts';
import { steadyClock } from './clock.ts';
import { classify } from './classify.ts';
import { Limiter } from './limiter.ts';

/** Self-signed for 127.0.0.1, for this test alone. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUKgAwIBAgIUG9jOQNRHjiB2U6DtYAttaogtO3gwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPZ3JvdW5kd29yayB0ZXN0MCAXDTI2MTEyMTA1MzkxNloYDzIx
MjYxMDI4MDUzOTE2WjAaMRgwFgYDVQQDDA9ncm91bmR3b3JrIHRlc3QwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAARE9cJ7QZ1oI5ITaZcXKejTF/gFoT+jgL0v3t/G
P+mG+9GyWua8qqdTAZ3fb/4teHR/Og4YMcwx1f+SPxxoZjTRo2QwYjAdBgNVHQ4E
FgQUGGx0caSoR7alJ4IHw6P2D47XxFkwHwYDVR0jBBgwFoAUGGx0caSoR7alJ4IH
w6P2D47XxFkwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqG
SM49BAMCA0gAMEUCIDCR2BfkaI+2OfaOOOAd+DirveEjQi9Fiog67v6/0gbDAiEA
sstA+Hoi3kBcn3+3XH477z0X0G1Gb8dNHrmoD7Gu1X4=
-----END CERTIFICATE-----`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgH254A0ixId+u5EyN
MNQsRi75qTJOkGmZ75eC3iqWMnGhRANCAARE9cJ7QZ1oI5ITaZcXKejTF/gFoT+j
gL0v3t/GP+mG+9GyWua8qqdTAZ3fb/4teHR/Og4YMcwx1f+SPxxoZjTR
-----END PRIVATE KEY-----`;

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

describe('a cloud whose certificate no public authority signed', () => {
  const server = createServer({ cert: CERTIFICATE, key: KEY }, (_request, response) => response.end('{"ok":true}'));
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function ask(tls: TlsConfig): Promise<unknown> {
    const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
    const limiter = new Limiter({ concurrency: 1, ratePerSecond: 10, burst: 10 }, steadyClock);
    const client = createClient({
      region: 'here',
      tls,
      limiter,
      log,
      measurements: noMeasurements,
      timeoutMs: 5000,
      connections: 1,
    });
    const name = { service: 'compute', method: 'POST', path: '/servers', mutating: true } as const;
    const ctx = { signal: AbortSignal.timeout(5000), beforeEffect: () => Promise.resolve() };
    try {
      return (await client.exchange({ ...name, url: new URL(`https://127.0.0.1:${port}/servers`), headers: {} }, ctx))
        .body;
    } finally {
      await client.close();
    }
  }

  it('is refused for good, and the remedy names the setting', async () => {
    const failure = classify(await ask({ verify: true }).catch((error: unknown) => error));
    expect(failure).toMatchObject({ class: 'permanent', type: 'CertificateNotTrusted' });
    expect(failure.remedy).toContain('cacert');
  });

  it('is trusted with its own authority', async () => {
    expect(await ask({ verify: true, ca: CERTIFICATE })).toEqual({ ok: true });
  });

  it('is taken as it is when nobody wants to verify', async () => {
    expect(await ask({ verify: false })).toEqual({ ok: true });
  });
});
