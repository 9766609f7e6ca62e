/** Turns of another role, faked in the markup of chat templates: the same in every language. */
import { FAMILIES, type Phrase } from './phrase.ts';

// Chat templates are literal, so these are too; the headings are what people make of them.
const delimiter = [
  '<\\|(?:im_start|im_end|im_sep|start_header_id|end_header_id|begin_of_text|eot_id|eom_id|endoftext|end_of_turn|end|system|user|assistant|developer)\\|>',
  '<(?:start_of_turn|end_of_turn)>',
  '<[|｜](?:begin▁of▁sentence|end▁of▁sentence|user|assistant)[|｜]>',
  '\\[/?inst\\]',
  '<</?sys>>',
  '#{2,4} ?(?:new )?(?:system|admin|developer)(?: (?:prompt|message|instructions?|override|update))? ?:',
  '</?(?:system|system_prompt|system-prompt|user_input|admin_override|developer_message)>',
  '["\']role["\'] ?: ?["\'](?:system|developer)["\'] ?, ?["\']content["\'] ?: ?["\'][^"\']{0,80}(?:ignore|disregard|restriction|no longer|unrestricted|no rules|void|obey|reveal|override)',
  '(?:\\[|\\()(?:system|admin|root|developer)(?: (?:message|override|note|prompt|update|instruction))?(?:\\]|\\))(?:\\(#[a-z_-]{1,20}\\))? ?:?[^a-z]{0,3}(?:ignore|disregard|override|disable|forget|all (?:restrictions|filters|safety)|you (?:are now|must|have no)|new (?:rules|instructions|policy)|your (?:rules|instructions|guardrails|restrictions|filters))',
  '(?<![a-z])system ?: ?(?:ignore|disregard|override|forget|you are now|you now obey|the (?:previous|conversation has been)|new (?:rules|instructions|policy)|your (?:new|previous|rules|restrictions)|all (?:restrictions|filters|previous|safety))',
];

export const MARKUP: readonly Phrase[] = [
  {
    id: 'injection.delimiter',
    pattern: new RegExp(delimiter.join('|')),
    ...FAMILIES.delimiter,
  },
];
