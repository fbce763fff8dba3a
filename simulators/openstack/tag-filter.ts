/** The four tag filters, the same in Nova (2.26) and Neutron: each takes a comma-separated list. */

/** A test on a row's tags; undefined when the query asks for none. */
export function tagFilter(query: URLSearchParams): ((tags: readonly string[]) => boolean) | undefined {
  const all = tagsIn(query, 'tags');
  const any = tagsIn(query, 'tags-any');
  const notAll = tagsIn(query, 'not-tags');
  const notAny = tagsIn(query, 'not-tags-any');
  if (all === undefined && any === undefined && notAll === undefined && notAny === undefined) return undefined;
  return (tags) =>
    (all === undefined || all.every((tag) => tags.includes(tag))) &&
    (any === undefined || any.some((tag) => tags.includes(tag))) &&
    (notAll === undefined || !notAll.every((tag) => tags.includes(tag))) &&
    (notAny === undefined || !notAny.some((tag) => tags.includes(tag)));
}

function tagsIn(query: URLSearchParams, name: string): string[] | undefined {
  return query.has(name) ? query.getAll(name).flatMap((list) => list.split(',')) : undefined;
}
