/** What `sallyport quickstart` says once it is open: how to send a first request. */
import { resolve } from 'node:path';
import type { Config, UpstreamSettings } from '../config/schema.ts';

export interface Quickstarted {
  readonly port: number;
  readonly key: string;
  readonly model: string;
  /** Directory of the development PKI. */
  readonly certs: string;
  readonly rehearses: boolean;
  readonly found: UpstreamSettings | null;
}

/** Lines that can be pasted into a shell as they stand, from any directory. */
export function introduction(config: Config, { port, key, model, certs, rehearses, found }: Quickstarted): string[] {
  const url = `https://localhost:${port}`;
  const cert = (name: string) => resolve(certs, name);
  const upstreams = config.upstreams.map(({ name, kind, url: at }) => `${name} (${kind}, ${at})`).join(', ');
  const upstream = rehearses
    ? [
        'No model server: the built-in REHEARSAL MODEL answers. It is not a model; it says what it was told to say.',
        ...(found
          ? [
              `A ${found.kind} server listens on ${found.url}: to use it, put it into config/sallyport.yaml in place of the rehearsal.`,
            ]
          : [
              `Start llama.cpp (8080), Ollama (11434) or vLLM (8000), delete config/sallyport.yaml, and run this again.`,
            ]),
      ]
    : [`Model server: ${upstreams}`];
  return [
    '',
    `Sallyport is open on ${url}`,
    ...upstream,
    '',
    'curl:',
    '',
    `curl ${url}/v1/chat/completions \\`,
    `  --cacert ${cert('internal-ca-cert.pem')} \\`,
    `  --cert ${cert('client-cert.pem')} --key ${cert('client-key.pem')} \\`,
    `  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\`,
    `  -d '{"model":"${model}","messages":[{"role":"user","content":"Give me some made-up contact details."}]}'`,
    '',
    'OpenAI SDK:',
    '',
    `cd ${resolve('.')} && node --input-type=module <<'END'`,
    `import { readFileSync } from 'node:fs';`,
    `import OpenAI from 'openai';`,
    `import { Agent, fetch } from 'undici';`,
    `const connect = { ca: readFileSync('${certs}/internal-ca-cert.pem'), cert: readFileSync('${certs}/client-cert.pem'), key: readFileSync('${certs}/client-key.pem') };`,
    `const openai = new OpenAI({ baseURL: '${url}/v1', apiKey: '${key}', fetch, fetchOptions: { dispatcher: new Agent({ connect }) } });`,
    `const stream = await openai.chat.completions.create({ model: '${model}', stream: true, messages: [{ role: 'user', content: 'Hello, who is there?' }] });`,
    `for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');`,
    'END',
    '',
    `Health: http://${config.ops.host}:${config.ops.port}/readyz   Audit log: ${config.audit.dir}   Stop: Ctrl-C`,
    '',
  ];
}
