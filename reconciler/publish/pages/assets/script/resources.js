// Every resource, from the columns of /v1/index/resources.
"use strict";

reconciler.resources = (() => {
  let found = null;
  const made = async () => {
    const { data: { count, words, columns } } = await reconciler.read("/v1/index/resources");
    const word = (name, number) => (columns[name][number] === null ? null : words[name][columns[name][number]]);
    return Array.from({ length: count }, (_, number) => {
      const [source, kind, id] = [word("source", number), word("kind", number), columns.id[number]];
      const folder = word("folder", number);
      const row = {
        source, kind, id,
        key: `${source}/${kind}/${id}`,
        name: columns.title[number] ?? id,
        link: folder === null ? null : `/v1/inventory/${folder}/${columns.slug[number] ?? id}`,
        verdict: word("verdict", number),
        health: word("health", number),
        severity: word("severity", number),
        since: word("since", number),
        node: word("node", number),
        tags: word("tags", number) ?? [],
        addresses: columns.addresses[number] ?? [],
      };
      row.text = [row.key, row.name, row.node, row.tags.join(" "), row.addresses.join(" ")].join(" ").toLowerCase();
      return row;
    });
  };
  return () => {
    found ??= made();
    found.catch(() => { found = null; });
    return found;
  };
})();
