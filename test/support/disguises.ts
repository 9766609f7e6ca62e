/** One request in all the spellings in which somebody behind could read it again as what it was. */
import { type RequestShape, rawRequest } from './raw.ts';

export interface Disguise {
  /** For whoever looks at what came through. */
  readonly what: string;
  readonly bytes: Buffer;
  readonly method: string;
  /** The method is the one that was asked for. */
  readonly keepsMethod: boolean;
  /** It is the target that is written in another way. */
  readonly respelt: boolean;
  /** More than one request could be read out of it: it needs a connection of its own, which it ends. */
  readonly alone: boolean;
}

const hex = (char: string): string => `%${char.charCodeAt(0).toString(16)}`;
const encoded = (text: string, which: RegExp): string => text.replace(which, hex);
/** Nothing where there is nothing to encode. */
const changed = (target: string, others: readonly string[]): string[] => [
  ...new Set(others.filter((other) => other !== target)),
];

/** Spellings of a target. */
function targets(target: string): string[] {
  const cut = target.lastIndexOf('/');
  const [before, last] = [target.slice(0, cut), target.slice(cut + 1)];
  const joined = (between: string) => `${before}${between}${last}`;
  const up = '../'.repeat(6);
  return changed(target, [
    target.toUpperCase(),
    target.replace(/[a-z]/, (letter) => letter.toUpperCase()),
    target.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase()),
    encoded(target, /[a-z]/),
    encoded(target, /[a-z](?=[^a-z]*$)/),
    encoded(target, /[a-z]/g),
    encoded(target, /(?<=.)\//),
    encoded(target, /\//g),
    encoded(target, /[-_.:]/),
    encoded(target, /\d/),
    encoded(target, /./g),
    encoded(target, /(?<=.)\//).replaceAll('%', '%25'),
    encoded(target, /[a-z]/g).replaceAll('%', '%25'),
    `/${target}`,
    joined('//'),
    joined('/./'),
    joined('/%2e/'),
    joined('/x/../'),
    joined('/x/%2e%2e/'),
    joined('/x/..%2f'),
    joined('/..;/'),
    joined('\\'),
    joined('%5c'),
    joined('%c0%af'),
    joined('%e0%80%af'),
    joined('%ef%bc%8f'),
    joined('/;/'),
    joined(';x/'),
    `/.${target}`,
    `/..${target}`,
    `\\${target}`,
    `${target}/`,
    `${target}//`,
    `${target}/.`,
    `${target}/x/..`,
    `${target};x`,
    `${target};x=y`,
    `${target}.`,
    `${target}.json`,
    `${target}%00`,
    `${target}%00.png`,
    `${target}%20`,
    `${target}%0a`,
    `${target}%0d%0aX:y`,
    `${target}%3f`,
    `${target}%23`,
    `${target}?`,
    `${target}?x=1`,
    `${target}?model=..%2f..`,
    `${target}&x=1`,
    `${target}#x`,
    `/v1/chat/completions/${up}${target.slice(1)}`,
    `/v1/chat/completions;${target}`,
    `/v1/chat/completions?${target}`,
    `/v1/models/${up}${target.slice(1)}`,
    `/v1/models/x%2f${encodeURIComponent(up)}${encodeURIComponent(target.slice(1))}`,
    `/v1/models/..%2f..${target}`,
    `/admin/keys/../..${target}`,
    `/admin/upstreams/ollama/../../..${target}`,
    `/admin/upstreams/ollama/api/tags/../../${target.slice(1)}`,
    `/admin/upstreams/../upstreams/ollama${target}`,
    `/admin/upstreams/ollama/admin/upstreams/ollama${target}`,
    `/admin/upstreams/ollama//${target}`,
    `/admin/upstreams/OLLAMA${target}`,
    `/admin/upstreams/%6fllama${target}`,
    `http://localhost${target}`,
    `https://localhost:8444${target}`,
    `http://127.0.0.1:11434${target}`,
    `//localhost${target}`,
    `*`,
    target.slice(1),
  ]);
}

/**
 * Every disguise of a request, the plain one first.
 * @param request `DELETE /api/delete`
 */
export function disguises(request: string, key: string): Disguise[] {
  const [method = '', target = ''] = request.split(' ');
  const made = (shape: RequestShape, note = '', more: Partial<Disguise> = {}): Disguise => {
    const whole = {
      method,
      target,
      body: '',
      ...(method === 'GET' ? { framing: 'none' as const, type: [] } : {}),
      ...shape,
    };
    const what = `${whole.method} ${whole.target}${note && ` ${note}`}`;
    const bytes = rawRequest(key, whole);
    return { what, bytes, method: whole.method, keepsMethod: true, respelt: false, alone: false, ...more };
  };
  const header = (line: string) => made({ headers: [line] }, line);
  const verb = (other: string, ...headers: string[]) =>
    made({ method: other, headers }, headers.join(), { keepsMethod: false });
  const inside = rawRequest(key, { method, target, body: '{}', headers: ['Connection: close'] });
  const end = rawRequest(key, { method: 'GET', target: '/the-end', headers: ['Connection: close'] });
  const smuggled = (shape: RequestShape, note: string) => {
    const first = rawRequest(key, { method: 'POST', target: '/nowhere', ...shape });
    return { ...made({}, note, { alone: true }), bytes: Buffer.concat([first, end]) };
  };
  return [
    made({}),
    ...targets(target).map((other) => made({ target: other }, '', { respelt: true })),
    header('X-Original-URL: /v1/chat/completions'),
    header('X-Forwarded-Prefix: /v1'),
    header('Upgrade: h2c'),
    header('Expect: 200-ok'),
    made({ host: ['Host: ollama:11434'] }, 'Host'),
    made({ host: ['Host: 127.0.0.1', 'Host: ollama'] }, 'two hosts'),
    made({ version: 'HTTP/1.0', headers: ['Connection: keep-alive'] }, 'HTTP/1.0'),
    ...['GET', 'POST', 'HEAD', 'OPTIONS', 'PATCH', 'PUT', 'DELETE', 'TRACE', 'PROPFIND']
      .filter((other) => other !== method)
      .map((other) => verb(other, `X-HTTP-Method-Override: ${method}`)),
    verb(method.toLowerCase()),
    smuggled({ body: inside }, 'in a body'),
    smuggled({ body: inside, framing: 'chunked' }, 'in chunks'),
    smuggled({ body: inside, framing: 'none', headers: ['Content-Length: 0'] }, 'behind a body'),
    smuggled({ body: inside, framing: 'chunked', headers: ['Content-Length: 4'] }, 'with two lengths'),
    smuggled({ method: 'GET', body: inside, framing: 'none' }, 'behind a GET'),
  ];
}
