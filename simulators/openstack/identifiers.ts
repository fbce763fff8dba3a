/** Identifiers in the shapes the services use. */
import { randomBytes, randomUUID } from 'node:crypto';

/** 36 characters with dashes: servers, networks, images. */
export function uuid(): string {
  return randomUUID();
}

/** 32 hexadecimal characters: Keystone's projects, users and roles. */
export function hexId(): string {
  return randomUUID().replaceAll('-', '');
}

/** Looks like a Fernet token; the content is random. */
export function tokenId(): string {
  return `gAAAAAB${randomBytes(96).toString('base64url')}`;
}

/** 22 characters, as Keystone's audit ids. */
export function auditId(): string {
  return randomBytes(16).toString('base64url');
}

/** Twelve letters and digits, as Nova's adminPass. */
export function password(): string {
  return randomBytes(18)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .padEnd(12, 'x')
    .slice(0, 12);
}

/** In Neutron's default range fa:16:3e. */
export function macAddress(): string {
  const bytes = randomBytes(3);
  return `fa:16:3e:${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

const uuidPattern = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** As the services' own checks: with or without dashes. */
export function isUuid(value: string): boolean {
  return uuidPattern.test(value);
}
