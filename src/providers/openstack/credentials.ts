/**
 * Who we are: the three ways to log in that clouds.yaml knows and we support, and the project to work in.
 */

import type { Credentials, DomainRef, NamedRef } from './cloud-config.ts';
import type { CloudSettings } from './cloud-settings.ts';
import { Secret } from './secret.ts';

const METHOD_BY_AUTH_TYPE: Readonly<Record<string, Credentials['method']>> = {
  password: 'password',
  v3password: 'password',
  v3applicationcredential: 'application_credential',
  token: 'token',
  v3token: 'token',
};

export function readCredentials(settings: CloudSettings): Credentials {
  const method = readMethod(settings);
  if (method === 'application_credential') return readApplicationCredential(settings);
  if (method === 'token') {
    return { method, token: new Secret(settings.required('token', 'Set it to a valid Keystone token.')) };
  }
  const user = readUser(settings);
  const password = settings.required('password', 'Set it here or in secure.yaml.');
  return { method, user, password: new Secret(password) };
}

/** The project, unless the credential itself carries one. */
export function readProject(settings: CloudSettings): { project?: NamedRef } {
  const method = readMethod(settings, 'quiet');
  if (method === 'application_credential') return {};
  const id = settings.text('project_id', 'tenant_id');
  if (id !== undefined) return { project: { id } };
  const name = settings.text('project_name', 'tenant_name');
  if (name !== undefined) return { project: { name, domain: readDomain(settings, 'project') } };
  if (method === 'password') {
    settings.fault('project_name', 'is missing', 'Set project_name or project_id: resources live in a project.');
  }
  return {};
}

/** What `auth_type` says, or else what the settings that are there suggest. */
function readMethod(settings: CloudSettings, quiet?: 'quiet'): Credentials['method'] {
  const type = settings.text('auth_type');
  if (type === undefined) return guessMethod(settings);
  const method = METHOD_BY_AUTH_TYPE[type];
  if (method === undefined && !quiet) {
    const known = Object.keys(METHOD_BY_AUTH_TYPE).join(', ');
    settings.fault('auth_type', `is ${type}, which is not supported`, `Use one of: ${known}.`);
  }
  return method ?? guessMethod(settings);
}

function guessMethod(settings: CloudSettings): Credentials['method'] {
  if (settings.text('application_credential_id', 'application_credential_name')) return 'application_credential';
  return settings.text('token') !== undefined && settings.text('password') === undefined ? 'token' : 'password';
}

function readApplicationCredential(settings: CloudSettings): Credentials {
  const method = 'application_credential';
  const secret = new Secret(settings.required('application_credential_secret', 'Set it here or in secure.yaml.'));
  const id = settings.text('application_credential_id');
  if (id !== undefined) return { method, credential: { id }, secret };
  const name = settings.required('application_credential_name', 'Set it, or application_credential_id.');
  return { method, credential: { name, user: readUser(settings) }, secret };
}

function readUser(settings: CloudSettings): NamedRef {
  const id = settings.text('user_id');
  if (id !== undefined) return { id };
  return { name: settings.required('username', 'Set username or user_id.'), domain: readDomain(settings, 'user') };
}

/** Falls back to the domain with id `default`, as the OpenStack client does. */
function readDomain(settings: CloudSettings, of: 'user' | 'project'): DomainRef {
  const id = settings.text(`${of}_domain_id`);
  if (id !== undefined) return { id };
  const name = settings.text(`${of}_domain_name`);
  if (name !== undefined) return { name };
  return { id: settings.text('default_domain_id', 'default_domain') ?? 'default' };
}
