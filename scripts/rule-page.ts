/**
 * Writes docs/rules.md from the tables of the rules: `node scripts/rule-page.ts > docs/rules.md`. A test holds the two
 * together.
 */
import { FAMILIES } from '../src/guard/injection/phrases/phrase.ts';
import { REPEATED_PROMPT } from '../src/guard/repeats.ts';
import { EXFILTRATION_RULES } from '../src/guard/rules/exfiltration.ts';
import { PII_RULES } from '../src/guard/rules/pii/pii.ts';
import { SECRET_RULES } from '../src/guard/rules/secrets/secrets.ts';

interface Row {
  readonly id: string;
  readonly description: string;
  readonly cannotSee: string;
}

const CLASSIFIER: Row = {
  id: 'injection.classifier',
  description: 'Text that reads like the attacks it was trained on: see the [model card](model-card.md).',
  cannotSee: 'What no attack it has seen resembles. It errs in both directions, by the figures of the model card.',
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (rows: readonly Row[]): string =>
  [
    '| rule | sees | cannot see |',
    '| --- | --- | --- |',
    ...rows.map(({ id, description, cannotSee }) => `| \`${id}\` | ${cell(description)} | ${cell(cannotSee)} |`),
  ].join('\n');

const families = Object.entries(FAMILIES).map(([name, family]) => ({ id: `injection.${name}`, ...family }));

export const rulePage = (): string => `# Rules

What each rule of the guards sees and cannot see. This page is made from the tables in \`src/guard/\` by
\`node scripts/rule-page.ts > docs/rules.md\`. How texts are read, and what is done about a match: [guardrails.md](guardrails.md).

## Personal data

${table(PII_RULES)}

## Credentials

${table(SECRET_RULES)}

## Prompt injection

In prompts:

${table([...families, CLASSIFIER])}

In answers:

${table([REPEATED_PROMPT, ...EXFILTRATION_RULES])}
`;

if (import.meta.main) process.stdout.write(rulePage());
