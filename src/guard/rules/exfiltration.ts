/** What an injected order makes a model write so that whoever shows the answer sends data away without a click. */
import type { Rule } from '../rule.ts';

const HOST = '(?:https?:)?//[A-Za-z0-9.:_-]{1,253}';
/** A query of some length: an address with nothing to tell has none. */
const DATA = '(?:/[A-Za-z0-9._~:/#@!$&*+,;=%-]{0,512})?[?][A-Za-z0-9._~:/#@!$&*+,;=%?-]{12,2048}';

/** What a reader sees instead of the image: anything but the bracket that ends it. */
const MARKDOWN = String.raw`!\[[\u0020-\u005c\u005e-\u02ff]{0,200}\]\(<?`;
const HTML = `<img [a-z0-9"'= _%-]{0,200}src=["']?`;

export const EXFILTRATION_RULES: readonly Rule[] = [
  {
    id: 'injection.image_with_data',
    kind: 'injection',
    label: '[IMAGE_REDACTED]',
    pattern: new RegExp(`(?:${MARKDOWN}|${HTML})${HOST}${DATA}`, 'i'),
    description:
      'An image in Markdown or HTML, on another host, whose address has a query of twelve characters and more.',
    cannotSee: 'Links that somebody has to click; data in the path or the host name of an address.',
  },
];
