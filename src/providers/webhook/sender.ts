/**
 * Sends a signed delivery once over HTTP. Everything that a receiver may do to us is bounded: the time of the whole
 * attempt, what is read of the answer, and the addresses that are called. Redirects are not followed: they would lead past
 * that judgement.
 */

import { Agent, request } from 'undici';
import { retryAfterMs } from '../../domain/conclude-delivery.ts';
import { addressIsAllowed, literalAddress, refusedAddress } from '../../domain/webhook-target.ts';
import type { WebhookMessage, WebhookSender } from '../../ports/webhook-sender.ts';
import { createGuardedLookup } from './guarded-lookup.ts';
import { createSealer, type Sealer } from './sealed-secret.ts';
import { newSigningSecret, signedHeaders, writtenSecret } from './signature.ts';

export interface WebhookSenderOptions {
  /** Seals the signing secrets; the same on every server of one database. */
  readonly secretKey: string;
  /** Networks in CIDR notation that may be called beside public addresses. */
  readonly allowAddresses: readonly string[];
  /** Of Groundwork, for the `User-Agent`. */
  readonly version: string;
  /** For a whole attempt, in milliseconds. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const KEPT_BYTES = 1024;

type Answer = Awaited<ReturnType<typeof request>>;

export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { secretKey, allowAddresses, timeoutMs = TIMEOUT_MS } = options;
  const sealer = createSealer(secretKey);
  const agent = new Agent({ connections: 8, connect: { lookup: createGuardedLookup(allowAddresses) } });
  return {
    newSecret(webhookId) {
      const secret = newSigningSecret();
      return { secret: writtenSecret(secret), sealed: sealer.seal(secret, webhookId) };
    },
    async send(message, signal) {
      const started = performance.now();
      const durationMs = (): number => performance.now() - started;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      try {
        const answer = await post(message, sealer, {
          agent,
          options,
          signal: AbortSignal.any([signal, late.signal]),
        });
        const body = await beginningOf(answer.body);
        const asked = retryAfterOf(answer);
        return {
          kind: 'answered',
          status: answer.statusCode,
          body,
          ...(asked === undefined ? {} : { retryAfterMs: asked }),
          durationMs: durationMs(),
        };
      } catch (error) {
        if (signal.aborted) throw error;
        const reason = late.signal.aborted ? `no answer within ${timeoutMs / 1000} s` : wordsOf(error);
        return { kind: 'unanswered', reason, durationMs: durationMs() };
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => agent.destroy(),
  };
}

async function post(
  message: WebhookMessage,
  sealer: Sealer,
  { agent, options, signal }: { agent: Agent; options: WebhookSenderOptions; signal: AbortSignal },
): Promise<Answer> {
  const url = new URL(message.url);
  const address = literalAddress(url); // is connected to without a lookup
  if (address !== undefined && !addressIsAllowed(address, options.allowAddresses))
    throw new Error(refusedAddress(address));
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Groundwork/${options.version}`,
    ...signedHeaders(openSecret(sealer, message), message, Date.now()),
  };
  return request(url, { method: 'POST', headers, body: message.body, dispatcher: agent, signal });
}

function openSecret(sealer: Sealer, { sealed, webhookId }: WebhookMessage): Buffer {
  try {
    return sealer.open(sealed, webhookId);
  } catch (cause) {
    throw new Error('its secret was sealed with another key than this server has (GROUNDWORK_SECRET_KEY)', { cause });
  }
}

/** The status is the answer: a body that breaks off, or never ends, changes nothing about it. */
async function beginningOf(body: Answer['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= KEPT_BYTES) break;
    }
  } catch {
    // What came until then is what there is to show.
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, KEPT_BYTES));
  return text.replaceAll('\0', '\u{FFFD}'); // PostgreSQL keeps no NUL in a text
}

function retryAfterOf({ headers }: Answer): number | undefined {
  const header = headers['retry-after'];
  return retryAfterMs(Array.isArray(header) ? header[0] : header, Date.now(), Date.parse);
}

function wordsOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  return `it could not be sent: ${message}`;
}
