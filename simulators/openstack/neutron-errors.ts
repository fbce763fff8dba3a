/** Neutron's refusals: status, exception name and message as its API layer renders them. */
import { Refusal } from './wire.ts';

export function refuse(status: number, type: string, message: string): Refusal {
  return new Refusal({ status, body: { NeutronError: { type, message, detail: '' } } });
}

/** A complaint of the API layer about the request itself. */
export function badRequest(message: string): Refusal {
  return refuse(400, 'HTTPBadRequest', message);
}

export function invalidInput(message: string): Refusal {
  return refuse(400, 'InvalidInput', `Invalid input for operation: ${message}.`);
}

/** The exception class named only `BadRequest`, used by the router and subnet code. */
export function badResource(resource: string, message: string): Refusal {
  return refuse(400, 'BadRequest', `Bad ${resource} request: ${message}.`);
}

export function forbidden(rule: string): Refusal {
  return refuse(403, 'PolicyNotAuthorized', `rule:${rule} is disallowed by policy`);
}

export const notFound = {
  network: (id: string): Refusal => refuse(404, 'NetworkNotFound', `Network ${id} could not be found.`),
  subnet: (id: string): Refusal => refuse(404, 'SubnetNotFound', `Subnet ${id} could not be found.`),
  port: (id: string): Refusal => refuse(404, 'PortNotFound', `Port ${id} could not be found.`),
  router: (id: string): Refusal => refuse(404, 'RouterNotFound', `Router ${id} could not be found`),
  floatingip: (id: string): Refusal => refuse(404, 'FloatingIPNotFound', `Floating IP ${id} could not be found`),
  security_group: (id: string): Refusal => refuse(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`),
  security_group_rule: (id: string): Refusal =>
    refuse(404, 'SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`),
} as const;

export type NeutronKind = keyof typeof notFound;

export function overQuota(resource: string): Refusal {
  return refuse(409, 'OverQuota', `Quota exceeded for resources: ['${resource}'].`);
}
