/** Credentials. The graver and the better known stand first: among matches of the same length the first counts. */
import { AI } from './ai.ts';
import { CHAT } from './chat.ts';
import { CLOUD } from './cloud.ts';
import { CONNECTION } from './connection.ts';
import { FORGES } from './forges.ts';
import { KEYS } from './keys.ts';
import { PAYMENT } from './payment.ts';
import type { SecretRule } from './row.ts';
import { SERVICES } from './services.ts';
import { TELLING } from './telling.ts';
import { TOKENS } from './tokens.ts';

export const SECRET_RULES: readonly SecretRule[] = [
  ...KEYS,
  ...CLOUD,
  ...FORGES,
  ...AI,
  ...PAYMENT,
  ...CHAT,
  ...SERVICES,
  ...TOKENS,
  ...CONNECTION,
  ...TELLING,
];
