/**
 * Writes docs/catalogue.md from the rows: `node scripts/catalogue-page.ts > docs/catalogue.md`. A test holds the two
 * together.
 */
import { CATALOGUES } from '../src/upstream/catalogue/catalogue.ts';
import { type Catalogue, type CatalogueRoute, TAGS, type Tag } from '../src/upstream/catalogue/route.ts';

const HEADINGS: Readonly<Record<Tag, string>> = {
  inference: 'Inference',
  read: 'Read',
  'model-admin': 'Model-admin',
  never: 'Never',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${text}\``;

function row({ method, path, body, query, destructive, about }: CatalogueRoute): string {
  const name = code(`${method} ${path}${query.length ? `?${query.join('&')}` : ''}`);
  return `| ${name} | ${body} | ${destructive ? 'yes' : ''} | ${cell(about)} |`;
}

const table = (routes: readonly CatalogueRoute[]): string =>
  ['| route | body | destructive | about |', '| --- | --- | --- | --- |', ...routes.map(row)].join('\n');

const section = ([kind, { version, server, sources, routes }]: [string, Catalogue]): string => `## ${kind}

${server}. Version of the catalogue: ${version}; ${routes.length} routes. Read in:

${sources.map((source) => `- ${source.replace(/^\S+/, '<$&>')}`).join('\n')}

${TAGS.map((tag) => `### ${HEADINGS[tag]} (${kind})\n\n${table(routes.filter((route) => route.tag === tag))}`).join('\n\n')}`;

export const cataloguePage = (): string => `# Catalogue of routes

Which routes the model servers have, and which of them a model-admin may have through
\`/admin/upstreams/NAME/…\` of the administration listener. This page is made from \`src/upstream/catalogue/\` by
\`node scripts/catalogue-page.ts > docs/catalogue.md\`. What is not in it is denied.

| tag | what it is | where |
| --- | --- | --- |
| \`inference\` | Makes or reads what a model says, or sees prompts. | On the inference listener if it serves it, behind the guards. Never on the administration listener. |
| \`read\` | Tells about models and the state of the server, without prompts. | Administration, for model-admins. |
| \`model-admin\` | Changes which models there are, or how they are loaded. | Administration, for model-admins. |
| \`never\` | Runs code, fetches URLs, puts weights from any host into a running model, profiles, signs in or out, shows or ends what other clients do, or is a page with scripts. In doubt, a route has this tag. | Nowhere. |

A route that is *destructive* takes something away, or gives something away, that cannot be put back. Where approvals
are turned on, it needs a second person. Writing a model over another of its name counts: \`POST /api/copy\` would
otherwise undo what \`DELETE /api/delete\` is guarded for. \`POST /api/pull\` does not count, although it replaces a model
by what the registry has under its name.

## How a request is held against it

- Byte for byte: method, path and query as they came. Nothing is decoded, folded or normalised. \`%2e\`, \`//\`, \`/./\`,
  \`;x\`, \`#\`, a backslash, a slash at the end, another case: not found.
- A \`{parameter}\` is one segment of \`A-Z a-z 0-9 . _ : @ + -\`, and not \`.\` or \`..\`. No route that is passed has a
  parameter with a slash in it: Ollama takes the names of models in the body.
- A query may hold the names that the row has, each once, as \`name=value\`. A value is made of
  \`A-Z a-z 0-9 . _ ~ : -\` and single slashes between, so that \`org/model:Q4_K_M\` can be written as it is; no segment of
  it is \`.\` or \`..\`. A \`?\` with nothing after it is not found.
- The body is \`none\`, \`json\` (read first, so that the audit log can say what it was about) or \`stream\` (passed as it
  comes).
- \`HEAD\` and \`OPTIONS\` are passed only where a row says so. \`llama-server\` answers \`HEAD\` wherever it answers \`GET\`;
  that is denied.

## What is not passed, and what to do instead

- Ollama loads and unloads a model by \`/api/generate\` with an empty prompt. That is inference: set \`OLLAMA_KEEP_ALIVE\`
  on the server instead.
- \`POST /sleep?level=2\` of vLLM throws the weights away; only routes that are never passed could bring them back. The
  default level keeps them in the memory of the host.
- \`GET /models?reload=1\` of \`llama-server\` reads the directory of models again. Restart the router instead.
- A model in the query of \`llama-server\` in router mode (\`/props?model=NAME\`) is loaded for it, unless
  \`autoload=false\` is there too or the server runs with \`--no-models-autoload\`.
- \`POST /predict\` of \`llama-server\` (\`AIP_MODE=PREDICTION\`) calls any other route by name. \`AIP_PREDICT_ROUTE\` may give
  it another path, which is then not in the catalogue, and denied.
- Prefixes (\`--api-prefix\`, \`--root-path\`), the routes of plugins of vLLM, the files of web interfaces: not in the
  catalogue, and denied.

## When a server gains routes

1. Read where it registers them: the sources are named below. Read the release that is run, not the documentation.
2. Add a row to \`src/upstream/catalogue/\`, with a sentence that says why it has its tag. In doubt: \`never\`.
3. Set \`version\` to the day and \`server\` to what was read.
4. Run \`node scripts/catalogue-page.ts > docs/catalogue.md\` and the tests.

Until then the new route is denied. A route that a release no longer has may stay: the server answers 404.

${(Object.entries(CATALOGUES) as [string, Catalogue][]).map(section).join('\n\n')}
`;

if (import.meta.main) process.stdout.write(cataloguePage());
