/** Key pairs: they belong to a user, not to a project. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { isoMicroseconds, type Cloud } from './cloud.ts';
import { badRequest, conflict, invalidField, refuse } from './nova-errors.ts';
import type { Routes } from './routes.ts';
import type { KeypairRow } from './rows.ts';
import { isObject, ok, param, parseJson, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

const path = '/v2.1/os-keypairs';

export function addKeypairRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('GET', path, (call) => {
    const mine = [...cloud.state.keypairs.by('user', tokenOf(call).user_id)];
    return ok({ keypairs: mine.map((row) => ({ keypair: summary(row, call) })) });
  });
  routes.add('POST', path, (call) => create(cloud, call));
  routes.add('GET', `${path}/{name}`, (call) => ok({ keypair: detail(find(cloud, call), call) }));
  routes.add('DELETE', `${path}/{name}`, (call) => {
    cloud.state.keypairs.remove(find(cloud, call).id);
    return { status: call.microversion >= 2 ? 204 : 202 };
  });
}

/** The MD5 fingerprint of a public key in OpenSSH's format; undefined when it is none. */
export function fingerprint(publicKey: string): string | undefined {
  const blob = Buffer.from(publicKey.split(/\s+/)[1] ?? '', 'base64');
  if (blob.length < 16) return undefined;
  return createHash('md5').update(blob).digest('hex').match(/../g)?.join(':');
}

function find(cloud: Cloud, call: Call): KeypairRow {
  const user = tokenOf(call).user_id;
  const row = cloud.state.keypairs.get(`${user}/${param(call, 'name')}`);
  if (row === undefined) throw refuse(404, `Keypair ${param(call, 'name')} not found for user ${user}`);
  return row;
}

function create(cloud: Cloud, call: Call): Answer {
  const { name, public_key } = readWanted(call);
  const made = typeof public_key === 'string' ? { public_key } : makeKeys();
  const print = fingerprint(made.public_key);
  if (print === undefined) throw badRequest('Keypair data is invalid: failed to generate fingerprint');
  const user_id = tokenOf(call).user_id;
  if (cloud.state.keypairs.get(`${user_id}/${name}`) !== undefined)
    throw conflict(`Key pair '${name}' already exists.`);
  const row: KeypairRow = {
    id: `${user_id}/${name}`,
    name,
    user_id,
    type: 'ssh',
    public_key: made.public_key,
    fingerprint: print,
    created_at: Date.now(),
  };
  cloud.state.keypairs.put(row);
  const secret = made.private_key === undefined ? {} : { private_key: made.private_key };
  const keypair = { ...secret, ...summary(row, call), user_id };
  return { status: call.microversion >= 2 ? 201 : 200, body: { keypair } };
}

function readWanted(call: Call): { name: string; public_key: unknown } {
  const body = parseJson(call.body);
  const wanted = isObject(body) ? body['keypair'] : undefined;
  if (!isObject(wanted)) throw badRequest("'keypair' is a required property");
  const { name, public_key } = wanted;
  if (typeof name !== 'string' || name === '') throw invalidField('keypair', wanted, "'name' is a required property");
  if (public_key === undefined && call.microversion >= 92)
    throw invalidField('keypair', wanted, "'public_key' is a required property");
  if (!/^[\w -]+$/.test(name) && call.microversion < 92) throw badRequest(badName);
  return { name, public_key };
}

const badName =
  "An invalid 'name' value was provided. The name must be: Only expected characters: [_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]";

/** A new RSA key; the private half is told once and kept nowhere. */
function makeKeys(): { public_key: string; private_key?: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), ...[e, n].map((part) => field(integer(part)))]);
  return {
    public_key: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`,
    private_key: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  };
}

// SSH writes every part of a key behind its length, and a number with a zero before a set highest bit.
function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function integer(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return (bytes[0] ?? 0) < 128 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]);
}

function summary({ name, public_key, fingerprint: print, type }: KeypairRow, call: Call): JsonObject {
  return { name, public_key, fingerprint: print, ...(call.microversion >= 2 && { type }) };
}

function detail(row: KeypairRow, call: Call): JsonObject {
  const times = {
    created_at: `${isoMicroseconds(row.created_at).slice(0, 19)}.000000`,
    deleted: false,
    deleted_at: null,
    updated_at: null,
  };
  return { ...summary(row, call), user_id: row.user_id, id: 1, ...times };
}
