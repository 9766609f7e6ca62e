/** What may be shown on a terminal of a text that somebody else wrote: a name must not move the cursor. */

// C0, DEL, C1, and what turns the direction of text (Unicode UAX #9).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text for one line: control characters, line breaks among them, become U+FFFD. */
export const printable = (text: string): string => text.replaceAll(CONTROL, '\u{fffd}');

/** Lines for a terminal: as {@link printable}, save for the breaks between them. */
export const printableLines = (text: string): string => text.replaceAll(/[^\r\n]+|\r(?!\n)/g, printable);

/** A JSON text with the same value, in which they are escaped. */
export const printableJson = (json: string): string =>
  json.replaceAll(CONTROL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
