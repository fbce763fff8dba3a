/**
 * Paging: every service links to its next page in a way of its own. Only the query of a link is followed, never its
 * host or path: behind a proxy those are often wrong, and a token must not travel to wherever an answer points.
 *
 * Nova: `servers_links: [{rel: "next", href}]`; Neutron: the same, and `previous`; Glance: `next: "/v2/images?marker=…"`.
 */

import type { JsonObject } from '../../domain/json.ts';

/** The query of the next page, or undefined on the last one. @param key of the list, for example `servers`. */
export function nextQuery(page: JsonObject, key: string): URLSearchParams | undefined {
  const href = linkOf(page[`${key}_links`]) ?? page['next'];
  if (typeof href !== 'string' || href === '') return undefined;
  const question = href.indexOf('?');
  return question < 0 ? undefined : new URLSearchParams(href.slice(question + 1));
}

function linkOf(links: unknown): string | undefined {
  if (!Array.isArray(links)) return undefined;
  const next: unknown = links.find((link: unknown) => isLink(link) && link.rel === 'next');
  return isLink(next) ? next.href : undefined;
}

function isLink(value: unknown): value is { rel: string; href: string } {
  return typeof value === 'object' && value !== null && 'rel' in value && 'href' in value;
}
