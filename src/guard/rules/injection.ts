/** The phrases that try to put the instructions of a model out of force. English only; a classifier is to follow. */
import type { Rule } from '../rule.ts';

/** Each space stands for one to four characters of white space. */
const loose = (source: string): string => source.replaceAll(' ', String.raw`\s{1,4}`);

/** A pattern of whole words, in any case. */
const words = (...sources: readonly string[]): RegExp =>
  new RegExp(`(?<![a-z])(?:${loose(sources.join('|'))})(?![a-z])`, 'i');

const rule = (id: string, pattern: RegExp, description: string, cannotSee: string): Rule => ({
  id: `injection.${id}`,
  kind: 'injection',
  label: '[INJECTION_REDACTED]',
  pattern,
  description,
  cannotSee,
});

const ORDERS =
  '(?:instructions?|rules?|prompts?|directions?|directives?|guidelines?|commands?|constraints|restrictions|programming)';
const DROP = "(?:ignore|disregard|forget|override|bypass|neglect|discard|(?:do not|don['’]?t|stop) follow(?:ing)?)";
const EARLIER = '(?:previous|prior|above|earlier|preceding|foregoing|former|past|initial|original)';

const override = words(
  // ignore all of the previous (system) instructions
  `${DROP} (?:about )?(?:(?:all|any|every|each)(?: of)? )?(?:(?:the|your|my|these|those|our) )?${EARLIER}(?: (?:and|or) (?:${EARLIER}|following|subsequent))? (?:(?:system|developer|safety|given) )?${ORDERS}`,
  // disregard your guidelines; forget all your safety rules
  `${DROP} (?:(?:all|any|every)(?: of)? )?your (?:(?:own|system|safety|ethical|content|default|current) )?${ORDERS}`,
  // ignore the instructions above; ignore all rules you were given
  `${DROP} (?:(?:all|any)(?: of)? )?(?:(?:the|those|these) )?${ORDERS} (?:above|before (?:this|that)|you (?:were|have been|had been) given|you (?:got|received)|given (?:to you )?(?:above|before|earlier|previously))`,
  // forget everything you were told; ignore everything above
  `${DROP} (?:everything|anything|all)(?: that)? (?:above|before (?:this|that)|(?:you (?:were|have been)|you['’]ve been) (?:told|taught|instructed|given))`,
);

const persona = words(
  "(?:you are|you['’]re|act as|behave as|pretend to be|pretend you are|roleplay as) now (?:called )?dan",
  '(?:you are now|act as|pretend to be|pretend you are|roleplay as|respond as|answer as) dan',
  '(?:you|dan|who|which|that) (?:now )?(?:can|will|could|must|should|shall) (?:now )?do anything now',
  '(?:stands for|called|named|mode)[:,]? ["“]?do anything now',
  '(?:you are now|act as|pretend to be|behave as|become|roleplay as|you will be)(?: an?| the)?(?: [a-z]{1,12}){0,2} (?:unrestricted|unfiltered|uncensored|jailbroken|amoral|unaligned) (?:ai|assistant|chatbot|model|language model|bot|version)',
);

const mode = words(
  '(?:developer|dev|jailbreak|god|dan|sudo|unrestricted|unfiltered) mode (?:(?:is|has been|was) )?(?:now )?(?:enabled|activated|engaged|unlocked)',
  '(?:enter|enable|activate|engage|switch (?:in)?to|you are (?:now )?in|initiate) (?:the )?(?:jailbreak|god|dan|unrestricted|unfiltered) mode',
);

const UNLIMITED =
  '(?:restrictions?|guidelines|filters?|filtering|limits|limitations|censorship|safeguards|safety (?:rules|guidelines|filters|measures)|(?:ethical|moral) (?:guidelines|constraints|limits|limitations|boundaries|restrictions|considerations|concerns|rules))';

const unrestricted = words(
  `(?:pretend|imagine|suppose|assume|act as if|act like)(?: that)? (?:you have|you['’]ve|there are|you are bound by|you follow) (?:no|zero|none of your) (?:(?:content|ethical|moral|safety|such|rules|rules or|rules and|or|and) ){0,3}${UNLIMITED}`,
  `(?:pretend|imagine|suppose|assume|act as if|act like)(?: that)? (?:you are|you['’]re) (?:free (?:of|from)|not bound by|no longer bound by)(?: (?:all|any|your|the)){0,2} ${UNLIMITED}`,
  `(?:respond|answer|reply|speak|comply|talk|behave|act)(?: [a-z]{1,12}){0,4} without (?:(?:any|all|your|the|usual|of) ){0,3}${UNLIMITED}`,
);

/**
 * Operators write "never reveal your system prompt" into system prompts, and that is no attack. So the verb must open
 * a sentence or follow a word that asks: a pattern can say what stands before the verb, not what must not.
 */
const OPENING = String.raw`(?:(?<![\s\S])|[.!?:;\n"“(>\]])\s{0,4}`;
const ASKING =
  "(?<![a-z])(?:please|now|then|instead|kindly|just|first|next|simply|also|(?:can|could|would|will) you|you (?:must|should|shall|will)|(?:want|need|like) you to|let['’]s) ";
const TELL =
  '(?:reveal|print|repeat|output|display|show|tell|give|share|disclose|expose|leak|dump|recite|quote|reproduce|write (?:out|down)|copy|paste|spit out)(?: (?:to )?(?:me|us))?';
const PART = '(?: (?:all of|all|everything in|the text of|the contents? of|verbatim|exactly|word for word)){0,2}';
const HIDDEN =
  '(?:(?:full|entire|complete|exact|whole|original|initial|first|hidden|secret|internal|confidential|underlying|above|previous) ){0,3}';
const PROMPT =
  '(?:(?:system|developer) (?:prompt|message|instructions?|directives?)|(?:initial|original|hidden|secret|internal|initialization) (?:prompt|instructions?|directives?|system message)|(?:prompt|instructions) (?:above|you were given|you have been given))';

const extraction = new RegExp(
  loose(
    [
      `(?:${OPENING}|${ASKING})${TELL}${PART} (?:your|the) ${HIDDEN}${PROMPT}(?![a-z])`,
      `(?<![a-z])what(?: exactly)? (?:is|are|was|were|does|do) your ${HIDDEN}${PROMPT}(?![a-z])`,
    ].join('|'),
  ),
  'i',
);

// Chat templates are literal, so these are too; the headings are what people make of them.
const roleMarker =
  /<\|(?:im_start|im_end|start_header_id|end_header_id|eot_id|endoftext|system|user|assistant)\|>|\[\/?INST\]|<<\/?SYS>>|#{2,4}\s{0,2}system(?: (?:prompt|message|instructions?))?\s{0,2}:|<\/?system(?:_prompt)?>/i;

export const INJECTION_RULES: readonly Rule[] = [
  rule(
    'override',
    override,
    'Orders to ignore, forget or stop following the previous, given or own instructions.',
    'Paraphrases, other languages, misspellings, letters spaced out. Quotations of such an order are taken for the order.',
  ),
  rule(
    'persona',
    persona,
    'The personas that have no limits by name: DAN, "do anything now", the unrestricted or uncensored assistant.',
    'Personas with other names, and stories in which a character does what the model should not.',
  ),
  rule(
    'mode',
    mode,
    'Claims that a developer, jailbreak or god mode is enabled, and orders to enter one.',
    'Modes with other names. "Developer mode enabled" said of a telephone is taken for an attack.',
  ),
  rule(
    'unrestricted',
    unrestricted,
    'Invitations to pretend that there are no restrictions, and to answer without restrictions, filters or ethics.',
    'The same wish without one of these words.',
  ),
  rule(
    'extraction',
    extraction,
    'Requests to reveal, print or repeat the system prompt or the initial instructions.',
    'Requests that describe the prompt and do not name it: "what were you told before this conversation".',
  ),
  rule(
    'role_marker',
    roleMarker,
    'Text that fakes the turn of another role: the control tokens of chat templates, "[INST]", "### System:".',
    'Templates with other markers. A program that writes such markers itself, for raw completions, needs the rule off.',
  ),
];
