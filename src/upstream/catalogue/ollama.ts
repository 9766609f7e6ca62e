/** The routes of Ollama. */
import { type Catalogue, inference, modelAdmin, never, read } from './route.ts';

/** Profiles, memory and the command line of the process. Ollama serves Go's default mux, so an import would open them. */
const PROFILING = 'Profiles the process and shows its memory, prompts included. No release that was read opens it.';

export const OLLAMA: Catalogue = {
  version: '2026-11-21',
  server: 'Ollama v0.17.4, and commit 00188139f12f',
  sources: [
    'https://github.com/ollama/ollama/blob/v0.17.4/server/routes.go',
    'https://github.com/ollama/ollama/blob/v0.17.4/server/internal/registry/server.go',
    'https://github.com/ollama/ollama/blob/00188139f12f1dff0920b6be98a4e7097232cf9f/server/routes.go',
  ],
  routes: [
    read('GET /', 'Says that Ollama is running.'),
    read('HEAD /', 'Whether Ollama is running.'),
    read('GET /api/version', 'The version.'),
    read('HEAD /api/version', 'Whether Ollama is running.'),
    read('GET /api/status', "Whether Ollama's cloud is turned off."),
    read('GET /api/tags', 'The models on the disk.'),
    read('HEAD /api/tags', 'Whether the models can be listed.'),
    read('GET /api/ps', 'The models in memory.'),
    read('POST /api/show', 'A model: its template, parameters, licence and the system prompt it was made with.'),
    read('GET /v1/models', 'The models, as OpenAI lists them.'),
    read('GET /v1/models/{model}', 'One model, as OpenAI shows it.'),
    read('HEAD /api/blobs/{digest}', 'Whether a file is there already.'),
    read('GET /api/experimental/aliases', 'Other names of models; in v0.17.4 only.'),

    modelAdmin('POST /api/pull', 'Downloads a model, from any registry that its name carries.'),
    modelAdmin('POST /api/push', 'Publishes a model: it cannot be called back.', { destructive: true }),
    modelAdmin('POST /api/create', 'Makes a model, over one that has its name.', { destructive: true }),
    modelAdmin('POST /api/copy', 'Copies a model, over one that has the new name.', { destructive: true }),
    modelAdmin('DELETE /api/delete', 'Deletes a model from the disk.', { body: 'json', destructive: true }),
    modelAdmin('POST /api/blobs/{digest}', 'Uploads a file of a model.', { body: 'stream' }),
    modelAdmin('POST /api/experimental/aliases', 'Gives models another name; in v0.17.4 only.'),
    modelAdmin('DELETE /api/experimental/aliases', 'Takes such a name away; in v0.17.4 only.', { body: 'json' }),

    inference('POST /api/generate', 'Completes a text. With no prompt it loads or unloads a model.'),
    inference('POST /api/chat', 'Answers a conversation. With no messages it loads or unloads a model.'),
    inference('POST /api/embed', 'Embeds texts.'),
    inference('POST /api/embeddings', 'Embeds a text.'),
    inference('POST /v1/chat/completions', 'Answers a conversation, as OpenAI does.'),
    inference('POST /v1/completions', 'Completes a text, as OpenAI does.'),
    inference('POST /v1/embeddings', 'Embeds texts, as OpenAI does.'),
    inference('POST /v1/responses', 'Answers, as the Responses API of OpenAI does.'),
    inference('POST /v1/images/generations', 'Paints a picture.'),
    inference('POST /v1/images/edits', 'Changes a picture.'),
    inference('POST /v1/audio/transcriptions', 'Turns speech into text; not in v0.17.4.', { body: 'stream' }),
    inference('POST /v1/messages', 'Answers a conversation, as Anthropic does.'),

    never(
      'POST /api/me',
      "Asks ollama.com who is signed in, with the server's own key, or hands out a link to sign in.",
    ),
    never('POST /api/signout', 'Signs the server out of ollama.com.'),
    never('DELETE /api/user/keys/{encodedKey}', 'What /api/signout was before.', { body: 'none' }),
    never('POST /api/experimental/web_search', 'Sends a question to ollama.com; not in v0.17.4.'),
    never('POST /api/experimental/web_fetch', 'Has ollama.com fetch any URL; not in v0.17.4.'),
    never('GET /debug/pprof/', PROFILING),
    never('GET /debug/pprof/{profile}', PROFILING),
    never('POST /debug/pprof/{profile}', PROFILING),
    never('GET /debug/vars', PROFILING),
  ],
};
