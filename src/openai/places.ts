/** What the place of a text in a request says about it. */
import { isObject, type JsonObject } from '../core/json.ts';

export interface Place {
  /** Who is said to speak there; null outside of messages. */
  readonly role: string | null;
  /** Texts with the same one follow one another and reach the model as one; null for a text that stands alone. */
  readonly unit: string | null;
}

const CONTENT = /^messages\.(\d+)\.content(?:\.\d+\.text)?$/;
const MESSAGE = /^messages\.(\d+)\./;

/** Chat templates put together the parts of a message, and some the messages of one role that follow one another. */
export function placesIn(request: JsonObject): (channel: string) => Place {
  const messages = Array.isArray(request['messages']) ? request['messages'] : [];
  const roles = messages.map((message) =>
    isObject(message) && typeof message['role'] === 'string' ? message['role'] : null,
  );
  const firstOfRow: number[] = [];
  for (const [index, role] of roles.entries())
    firstOfRow.push(role !== null && role === roles[index - 1] ? firstOfRow[index - 1]! : index);
  return (channel) => {
    const message = MESSAGE.exec(`${channel}.`)?.[1];
    const role = message === undefined ? null : (roles[Number(message)] ?? null);
    const content = CONTENT.exec(channel)?.[1];
    return { role, unit: content === undefined ? null : `messages.${firstOfRow[Number(content)]}.content` };
  };
}
