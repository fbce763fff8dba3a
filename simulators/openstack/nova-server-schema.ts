/** The request schema of POST /servers, checked by hand: shapes, lengths and which field came with which microversion. */
import { parseAddress } from './addresses.ts';
import { isUuid } from './identifiers.ts';
import { badRequest, invalidField, pythonRepr, refuse } from './nova-errors.ts';
import { isObject, parseJson, type Call, type JsonObject } from './wire.ts';

/** Fields of `server` and the microversion that brought each. */
const fields: Readonly<Record<string, number>> = {
  name: 1,
  flavorRef: 1,
  imageRef: 1,
  networks: 1,
  key_name: 1,
  user_data: 1,
  metadata: 1,
  security_groups: 1,
  availability_zone: 1,
  config_drive: 1,
  min_count: 1,
  max_count: 1,
  adminPass: 1,
  accessIPv4: 1,
  accessIPv6: 1,
  personality: 1,
  return_reservation_id: 1,
  'OS-DCF:diskConfig': 1,
  block_device_mapping: 1,
  block_device_mapping_v2: 1,
  description: 19,
  tags: 52,
  trusted_image_certificates: 63,
  host: 74,
  hypervisor_hostname: 74,
  hostname: 90,
};

/** The object `server` of the body, with every field in its shape; throws 400 or 403 as Nova words it. */
export function readServer(call: Call): JsonObject {
  const wanted = readBody(call);
  checkFields(wanted, call.microversion);
  checkName(wanted['name']);
  checkReference('flavorRef', wanted['flavorRef'], /^.+$/);
  if (wanted['imageRef'] !== undefined && !isImageReference(wanted['imageRef'])) {
    throw invalidField(
      'imageRef',
      wanted['imageRef'],
      `${pythonRepr(wanted['imageRef'])} is not valid under any of the given schemas`,
    );
  }
  checkNetworks(wanted['networks'], call.microversion);
  checkTags(wanted['tags']);
  checkMetadata(wanted['metadata']);
  checkLength('user_data', wanted['user_data'], 65_535);
  checkLength('description', wanted['description'], 255);
  return wanted;
}

/** The object `server` of a body, whatever is in it; throws 400. */
export function readBody(call: Call): JsonObject {
  const body = parseJson(call.body);
  if (body === undefined) throw badRequest('Malformed request body');
  if (!isObject(body)) throw badRequest(`${pythonRepr(body)} is not of type 'object'`);
  const wanted = body['server'];
  if (wanted === undefined) throw badRequest("'server' is a required property");
  if (!isObject(wanted)) throw invalidField('server', wanted, `${pythonRepr(wanted)} is not of type 'object'`);
  return wanted;
}

function checkFields(wanted: JsonObject, version: number): void {
  const required = ['name', 'flavorRef', ...(version >= 37 ? ['networks'] : [])];
  for (const name of required)
    if (!(name in wanted)) throw invalidField('server', wanted, `${pythonRepr(name)} is a required property`);
  const isKnown = (key: string): boolean => (fields[key] ?? 99) <= version && !(key === 'personality' && version >= 57);
  const unknown = Object.keys(wanted).filter((key) => !key.startsWith('os:') && !isKnown(key));
  if (unknown.length === 0) return;
  const list = unknown.map(pythonRepr).join(', ');
  throw invalidField(
    'server',
    wanted,
    `Additional properties are not allowed (${list} ${unknown.length === 1 ? 'was' : 'were'} unexpected)`,
  );
}

/** A server's name; throws 400. */
export function checkName(name: unknown): string {
  if (typeof name !== 'string') throw invalidField('name', name, `${pythonRepr(name)} is not of type 'string'`);
  if (name === '') throw invalidField('name', name, "'' is too short");
  if (name.length > 255) throw invalidField('name', name, `${pythonRepr(name)} is too long`);
  // oxlint-disable-next-line no-control-regex -- what cannot be printed is what is looked for
  if (name !== name.trim() || /[\u0000-\u001F\u007F]/.test(name)) {
    throw badRequest(
      "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
    );
  }
  return name;
}

function checkReference(field: string, value: unknown, pattern: RegExp): void {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !pattern.test(text))
    throw invalidField(field, value, `${pythonRepr(value)} does not match '${pattern.source}'`);
}

function isImageReference(value: unknown): boolean {
  return typeof value === 'string' && (value === '' || isUuid(value));
}

function checkNetworks(networks: unknown, version: number): void {
  if (networks === undefined || (version >= 37 && (networks === 'auto' || networks === 'none'))) return;
  if (Array.isArray(networks) && networks.every(isNetworkEntry)) return;
  throw invalidField('networks', networks, `${pythonRepr(networks)} is not valid under any of the given schemas`);
}

function isNetworkEntry(entry: unknown): boolean {
  if (!isObject(entry)) return false;
  return Object.entries(entry).every(([key, value]) => {
    if (key === 'uuid') return typeof value === 'string' && isUuid(value);
    if (key === 'port') return value === null || (typeof value === 'string' && isUuid(value));
    if (key === 'fixed_ip') return typeof value === 'string' && parseAddress(value) !== undefined;
    return key === 'tag' && typeof value === 'string';
  });
}

/** Server tags, in creation and in PUT of all; throws 400. */
export function checkTags(tags: unknown): void {
  if (tags === undefined) return;
  if (!Array.isArray(tags)) throw invalidField('tags', tags, `${pythonRepr(tags)} is not of type 'array'`);
  if (tags.length > 50) throw invalidField('tags', tags, `${pythonRepr(tags)} is too long`);
  for (const [index, tag] of tags.entries()) checkTag(String(index), tag);
}

export function checkTag(field: string, tag: unknown): void {
  if (typeof tag !== 'string') throw invalidField(field, tag, `${pythonRepr(tag)} is not of type 'string'`);
  if (!/^[^,/]*$/.test(tag)) throw invalidField(field, tag, `${pythonRepr(tag)} does not match '^[^,/]*$'`);
  if (tag.length > 60) throw invalidField(field, tag, `${pythonRepr(tag)} is too long`);
  if (tag === '') throw invalidField(field, tag, "'' is too short");
}

/** Metadata of a server: strings of at most 255 characters, at most 128 of them. */
export function checkMetadata(metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isObject(metadata)) throw invalidField('metadata', metadata, `${pythonRepr(metadata)} is not of type 'object'`);
  for (const [key, value] of Object.entries(metadata)) {
    if (!/^[a-zA-Z0-9-_:. ]{1,255}$/.test(key))
      throw invalidField(
        'metadata',
        metadata,
        `${pythonRepr(key)} does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'`,
      );
    if (typeof value !== 'string') throw invalidField(key, value, `${pythonRepr(value)} is not of type 'string'`);
    checkLength(key, value, 255);
  }
  if (Object.keys(metadata).length > 128) throw refuse(403, 'Maximum number of metadata items exceeds 128');
  return metadata as Record<string, string>; // every value was just seen to be a string
}

function checkLength(field: string, value: unknown, maximum: number): void {
  if (typeof value === 'string' && value.length > maximum)
    throw invalidField(field, value, `${pythonRepr(value)} is too long`);
}
