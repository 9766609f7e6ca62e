/** The phrases in English. */
import { LATIN, rows, words } from './phrase.ts';

const ORDERS =
  '(?:instructions?|instruction sets?|rules?|rulebook|prompts?|directions|directives?|guidelines?|guidance|guardrails|commands?|orders|constraints|restrictions|programming|polic(?:y|ies)|safeguards)';
// What only a model has: enough on its own, where "the rules" needs a word more.
const OWN =
  '(?:(?:own|system|safety|ethical|moral|content|default|current|existing|initial|original|previous|prior|hidden|core|built-in|pre-?set|internal|given|so-called|silly|stupid|other) ){0,2}';
const DROP =
  "(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|override|supersede|unlearn|unfollow|overrule|bypass|circumvent|neglect|discard|abandon|drop|scrap|erase|delete|wipe|skip|cancel|ditch|revoke|set aside|put aside|lay (?:down|aside)|leave (?:behind|aside)|throw (?:away|out)|get rid of|pay no attention to|stop (?:following|obeying|applying|listening to)|(?:do not|don['’]?t|never|no longer) (?:follow|obey|listen to|respect|honou?r|adhere to|stick to|comply with)|deviate from|break free (?:of|from)|rescind|withdraw|annul|instead of following)";
const EARLIER =
  '(?:previous|previously given|prior|above|earlier|preceding|foregoing|former|past|initial|original|existing|pre-?existing)';
const ALL =
  '(?:(?:about|absolutely|completely|entirely|fully) ){0,1}(?:(?:all|any|every|each|every one|everything)(?: of)? )?';
const THE = '(?:(?:the|your|those|these|our|its|of) ){0,2}';
const VOID =
  '(?:(?:null and )?void|cancell?ed|revoked|lifted|suspended|disabled|deactivated|superseded|deleted|erased|overridden|obsolete|withdrawn|removed|replaced|rewritten|expired|outdated|turned off|switched off|off|gone|no longer (?:appl(?:y|ies)|valid|in (?:force|effect)|binding|relevant|active|needed))';
const GIVEN =
  "(?:above|before (?:this|that)|(?:that )?you (?:were|have been|had been|['’]ve been) (?:given|told|taught|trained (?:on|with)|programmed with|set up with)|(?:that )?you(?: have|['’]ve)? (?:got|received|had|have)(?: (?:so far|before|until now|up to now|earlier))?|given (?:to you )?(?:above|before|earlier|previously|so far)|in (?:the|your) system (?:prompt|message)|from (?:the|your) (?:system prompt|system message|developers?|creators?|operator)|(?:set|imposed|given|written) by (?:the system|your (?:developers?|creators?|makers?|operator)|openai|anthropic|google|meta))";

const override = [
  // ignore all of the previous (system) instructions
  `${DROP} ${ALL}${THE}${ALL}(?:[a-z]{1,12} )?${EARLIER}(?! (?:setup|build|installation|assembly|cooking|washing|care))(?:,? (?:and|or|&)? ?(?:${EARLIER}|following|subsequent|current))? ${words(2)}${ORDERS}`,
  `${DROP} all(?: of)? my ${EARLIER} ${ORDERS}`,
  // disregard your guidelines; forget all your safety rules
  `${DROP} ${ALL}your ${OWN}(?:${ORDERS}|training|configuration|conditioning)`,
  `${DROP} ${ALL}the (?:system|developer(?:['’]s)?|operator(?:['’]s)?|content|safety) (?:${ORDERS}|message)`,
  // ignore the instructions above; ignore all rules you were given
  `${DROP} ${ALL}${THE}(?:[a-z]{1,12} )?${ORDERS} (?:that (?:were|are|came|come) )?${GIVEN}`,
  // forget everything you were told; ignore everything above
  `${DROP} ${ALL}(?:everything|anything|all|whatever|what)(?: (?:that|else|of what))? (?:(?:is|was|has been|came|stands) )?(?:(?:written|said|stated) )?(?:above|before (?:this|that|now)|prior to this|(?:you (?:were|have been)|you['’]ve been) (?:previously |ever )?(?:told|taught|instructed|given|asked))`,
  `${DROP} (?:the )?above and (?:instead|tell|say|print|write|output|give|reply|respond|answer|show|reveal|do|repeat)`,
  `${DROP} (?:all|any|the|your) (?:previous|prior|above|preceding|earlier) (?:context|inputs?|text|messages|conversations?|prompts?|tasks?|assignments?|requests)(?: and|[,.;:])`,
  // ignore instructions. say X; forget everything and write X
  `(?<=^|[.!?:;"“\\[(>*-] ?|(?:now|please|pls|stop|and|then|must|to) )(?:ignore|disregard|forget)(?: all| any)?(?: the)? (?:(?:system )?(?:instructions|rules|guidelines|directives)|assignments|everything|all that|all of that|all)(?: now)?(?:[.!;,:]| and| &)+ ?(?:now |just |only |please |instead |then |here )?(?:say|print|write|output|tell|reply|respond|reveal|show|give me|answer|return|concentrate|focus|your new|new task|do (?:as|what)|act as|you are now)`,
  'forget (?:about )?(?:all|everything)(?: of)?(?: the| your| these)? (?:(?:previous|prior|earlier|above|old) )?(?:assignments|tasks)(?=[.,;!]| and)',
  "(?:assume|pretend|imagine|act as (?:if|though))(?: that)? (?:(?:you (?:never|had never|have never|did not|didn['’]t) (?:got|get|received?|been given|had|have) (?:any |your |the |a ){0,2}(?:system prompt|instructions|rules|guidelines))|the (?:text|instructions|prompt|message|rules) (?:above|before this) (?:did not|didn['’]t|never|had never|was never|were never|does not|do not))",
  "(?:prioriti[sz]e|put|place|obey|follow) (?:my|the user['’]?s?)(?: (?:instructions|orders|words|wishes|commands))? (?:over|above|before|instead of|rather than) (?:(?:those|the ones|that) (?:of|from|in) )?(?:the |your )(?:system|developer|operator|instructions|rules|guidelines|original)",
  // your instructions are void; all previous rules have been lifted
  `(?:your|(?:all|any)(?: of)?(?: the| your)? ${EARLIER}) ${OWN}(?:instructions|rules|guidelines|restrictions|directives|prompts?|constraints|polic(?:y|ies)|programming|filters|guardrails) (?:are|is|were|have been|has been|do|does|['’]re)?(?: now| hereby| all| officially| been)? ?${VOID}`,
  `you (?:are|['’]re) (?:now )?(?:no longer|not|released|freed|exempt(?:ed)?)(?: (?:bound|limited|restricted|constrained|governed|held|subject|tied|obligated))? (?:by|to|from|of) ${words(3)}(?:instructions|guidelines|programming|system prompt|content polic(?:y|ies)|safety (?:rules|policy)|openai|restrictions)`,
];

const NAMED =
  "(?:you are|you(?:['’]re| will be| shall be)|act as|behave as|pretend to be|pretend you are|be|become|play(?: the role of)?|roleplay(?: as)?|role-play(?: as)?|imagine|simulate|emulate|respond as|answer as|speak as|called|named|into)";
const UNCHECKED =
  '(?:unrestricted|unfiltered|uncensored|jailbroken|amoral|immoral|unaligned|unchained|unshackled|unmoderated|unbound|lawless|rogue|evil)';
const MACHINE =
  '(?:a\\.?i\\.?(?: (?:assistant|model|system|chatbot|bot|language model))?|assistant|chatbot|language model|llm|model|bot|version|chatgpt|gpt|machine|entity)';
const LIMITS =
  '(?:restrictions?|guidelines|filters?|filtering|limits|limitations|censorship|safeguards|guardrails|safety (?:rules|guidelines|filters|measures|protocols|features|switch(?:es)?|training|polic(?:y|ies))|content (?:polic(?:y|ies)|filters?|restrictions|moderation)|polic(?:y|ies)|moderation|alignment|(?:ethical|moral) (?:guidelines|constraints|limits|limitations|boundaries|restrictions|considerations|concerns|rules|compass|code|principles|standards|filters?|qualms|scruples))';
const LOOSE_LIMITS = `(?:${LIMITS}|rules|ethics|morals|morality|moral|principles|scruples|boundaries|laws|conscience|constraints)`;
const FREE_OF =
  "(?:without|with no|(?:that|who|which) (?:has|have|had|knows?|follows?|obeys?|respects?|cares about) (?:no|none)|free (?:of|from)|freed (?:of|from)|unbound by|(?:that is |who is |which is )?(?:not|no longer|never) (?:bound|limited|restricted|constrained|governed) (?:by|to)|(?:that|who|which) (?:does not|doesn['’]t|never) (?:follow|have|obey|respect|care about))";

const persona = [
  "(?:you are|you['’]re|act as|behave as|pretend to be|pretend you are|roleplay as) now (?:called )?dan",
  '(?:you are now|act (?:like|as)|pretend to be|pretend you are|roleplay as|respond as|answer as|become|immersed into the role of) (?:the )?dan(?! [a-z])',
  '(?:you|dan|who|which|that|it|model|ai) (?:now )?(?:can|will|could|must|should|shall) (?:now )?["“\']?do anything now',
  '(?:stands for|called|named|mode)[:,]? ["“]?do anything now',
  'stay (?:a |as )?dan',
  `${NAMED} (?:[^\\s.!?;:,]{1,16},? ){0,7}${UNCHECKED}(?:,? (?:and )?${UNCHECKED})?,? (?:[a-z]{1,12} )?${MACHINE}(?! (?:that refuses|war))`,
  `${NAMED} ${words(5)}(?:[^\\s.!?;]{1,16}, )?${words(4)}${MACHINE} ${words(2)}${FREE_OF} (?:(?:any|all|the|its|of|such|human|and|or|rules|ethics|your) ){0,3}${LOOSE_LIMITS}`,
  '(?:broken|break|breaking) (?:free )?(?:of|out of|from|free from) the (?:typical|usual|normal) (?:confines|limits|limitations|constraints|boundaries) of (?:an )?(?:ai|artificial)',
  "(?:do|does|did) not (?:have|need) to (?:abide by|follow|adhere to|obey|respect|keep to) (?:the|any|all|these|those|your|openai['’]?s?) (?:[a-z]{1,12} ){0,2}(?:rules|guidelines|polic(?:y|ies)|restrictions|limits) (?:set|imposed|made|placed|given|that)",
  "(?:openai|anthropic|google|microsoft|meta)(?:['’]s)? (?:[a-z]{1,12} ){0,2}(?:polic(?:y|ies)|guidelines|restrictions|rules) (?:(?:do not|don['’]t|no longer) apply|(?:have|has) been (?:lifted|removed|disabled)|(?:are|is) (?:void|off|disabled|suspended))",
  "(?:you|it|he|she|they|dan|who|that|which) (?:will|must|can|should|shall|may|does|do|is to|are to)?(?: ?not|n['’]t|not)? ?(?:never|cannot|can['’]t|not|ever)(?: ever)? (?:refuse|reject|decline|deny|turn down) (?:any|a|an|the|my|to answer any|to answer a|to do) (?:[a-z'’]{1,12} )?(?:requests?|questions?|prompts?|orders?|commands?|demands?|thing i ask|answers?)",
  "(?:lose|deduct|deducted|losing|lost|minus|costs?|cost you)(?: you)? (?:[a-z0-9]{1,6} )?(?:tokens|points|lives|credits)(?: [a-z]{1,12}){0,3} (?:(?:if|when|whenever|each time|every time|for) (?:you|each|every|refus)(?: (?:refuse|reject|decline|break character|fail to|do not comply|don['’]t comply|refusal))?)(?= (?:refus|reject|declin|break|fail|to answer|and)|[,.])",
];

const mode = [
  '(?:developer|dev|jailbreak|jailbroken|god|dan|sudo|unrestricted|unfiltered|uncensored|no-?limits?|unlimited|chaos|freedom|evil) mode (?:(?:is|has been|was) )?(?:now )?(?:enabled|activated|engaged|unlocked|active|online)(?! (?:on|in) (?:my|the|your|a) (?:phone|device|tablet|android|chromebook|chrome|browser))',
  '(?:enter|enable|activate|engage|switch (?:in)?to|go into|you are (?:now )?in|initiate|turn on|start) (?:the |your )?(?:jailbreak|jailbroken|god|dan|unrestricted|unfiltered|uncensored|no-?limits?|chaos|evil) mode',
  '(?:chatgpt|gpt|assistant|ai|claude|llama|gemini)(?:-?[0-9.o]{1,3})? (?:with|in|into|to) (?:developer|dan|jailbreak|god|unrestricted|sudo) mode',
  '(?:enter|switch to|activate|go into|you are (?:now )?in) (?:developer|debug|admin|maintenance|root|sudo) mode(?= (?:and|so|to) (?:ignore|show|print|reveal|answer|drop|bypass|disable|forget|tell)|[.,:;] (?:ignore|all (?:filters|rules|restrictions)|you can|no (?:rules|filters|restrictions)|show|print|reveal|output|disable|bypass|forget|drop))',
  '(?:developer mode|jailbreak|jailbroken|dan|unfiltered|unrestricted) (?:output|response)(?= ?[\\])}:]| and)',
];

const unrestricted = [
  `(?:pretend|imagine|suppose|assume|act as if|act as though|act like|behave as if|behave like)(?: that)? (?:you have|you['’]ve|you had|there are|there were|you are bound by|you follow|you know|you obey) (?:got )?(?:no|zero|none of your) (?:(?:content|ethical|moral|safety|such|rules|rules or|rules and|or|and|more) ){0,3}(?:${LIMITS}|ethics|morals)`,
  `(?:pretend|imagine|suppose|assume|act as if|act as though|act like|behave as if)(?: that)? (?:you are|you['’]re|you were) (?:free (?:of|from)|not bound by|no longer bound by|not restricted by|unconstrained by)(?: (?:all|any|your|the)){0,2} (?:${LIMITS}|rules)`,
  `(?:respond|answer|reply|speak|comply|talk|behave|generate)(?: [a-z]{1,12}){0,4} without (?:(?:any|all|your|the|usual|of|applying|regard for|regard to) ){0,3}(?:${LIMITS}|warnings or (?:refusals|disclaimers)|refus(?:al|ing)|moraliz?ing)(?! (?:in place|to the|on the table))`,
  `you (?:now )?(?:have|follow|know) (?:absolutely )?no (?:(?:content|ethical|moral|safety|such|rules|or|and|more) ){0,3}(?:restrictions|guidelines|filters|content policy|limitations|censorship|safeguards|guardrails|ethical|moral|ethics|morals)(?= ?(?:[.,;:!]|and|or|now|$))`,
  `(?:disable|turn off|switch off|deactivate|remove|lift|bypass|circumvent|shut off|suspend) (?:all |any )?(?:of )?your (?:own )?(?:[a-z]{1,12} )?(?:filters?|filtering|safeguards|guardrails|safety|restrictions|censorship|content polic(?:y|ies)|content moderation|ethics|moderation|alignment|safety layer)`,
  `all (?:of )?(?:your )?(?:[a-z]{1,10} )?(?:filters|safeguards|guardrails|content policies|safety (?:filters|rules|measures|protocols)) (?:are|have been|were) (?:now )?(?:off|disabled|removed|lifted|turned off|suspended|deactivated)`,
];

// Operators write "never reveal your system prompt" into system prompts, and that is no attack. So the verb must open
// a sentence or follow a word that asks, and not one that forbids.
const ASKED =
  "(?<=(?:^|[.!?:;\"“”'‘(>\\]|,`*-]) ?|(?<![a-z])(?:please|pls|plz|now|then|and|instead|kindly|just|first|next|simply|also|(?:can|could|would|will) you|you (?:must|should|shall|will|have to|need to)|(?:want|need|like|ask|order) you to|let['’]s|to|lastly|finally|me|ok|okay|hey|hi|hello|so|but) (?:please |kindly |now |just |also )?)";
const NOT_FORBIDDEN =
  "(?<!(?:never|not|don['’]t|cannot|can['’]t|asks? you|refuse|attempts?|tr(?:y|ies|ying)|wants?|asked|tricks?|how|able|unable|request|users?|asking|asks?|requests?) (?:to )?(?:and )?)";
const TELL =
  '(?:reveal|print|repeat|output|display|show|tell|give|share|disclose|expose|leak|dump|recite|quote|reproduce|write|write (?:out|down)|copy|paste|spit out|return|echo|list|send|hand over|provide|read(?: out| aloud| back)?|translate|summari[sz]e|paraphrase|encode|convert|state|type(?: out)?|spell out|rewrite|render|append|include|describe)(?: (?:to |with |for )?(?:me|us))?';
const PART =
  '(?:,? (?:all of|all|everything (?:in|about|from)|the (?:full |entire |exact |complete )?(?:text|content|contents|wording|words|first [a-z0-9]{1,8} (?:words|sentences|lines)|last [a-z0-9]{1,8} (?:words|sentences|lines)|beginning|start) (?:of|in)|the|verbatim|exactly|word for word|back|out|a copy of|what(?: exactly)? (?:is|was|stands) in|in full)){0,3}';
const HIDDEN =
  '(?:(?:full|entire|complete|exact|whole|original|initial|first|hidden|secret|internal|confidential|underlying|above|previous|actual|real|verbatim|current|own|very|starting|pre-?set) ){0,3}';
const PROMPT =
  '(?:(?:system|developer|sys) ?-?(?:prompts?|messages?|instructions?|directives?|text)|(?:initial|original|hidden|secret|internal|initiali[sz]ation|starting|pre-?prompt|base|custom|first) (?:system )?(?:prompts?|instructions?|directives?|guidelines|message|rules|configuration)|(?:prompt|instructions|rules|guidelines|text) (?:above|you (?:were|have been|are) (?:given|started with|configured with|initiali[sz]ed with|programmed with|running on|following)))';
const MINE =
  '(?:instructions?|prompts?|directives?|guidelines|rules|configuration|programming|pre-?prompt|restrictions|context window)';

// The first letters of the verbs below: cheaper to look at than what stands before.
const TELL_LETTERS = '(?:re|pr|ou|di|sh|te|gi|ex|le|du|qu|wr|co|pa|sp|ec|li|se|ha|tr|su|en|st|ty|ap|in|de|nu|pu)';
// What follows a verb that asks.
const asked = [
  `${TELL}${PART} (?:your|ur|the) ${HIDDEN}${PROMPT}(?![a-z]| (?:for an?|i (?:wrote|sent|gave|use|made|have)|of (?:my|our|an?)|below|that i|template|engineering|injection|leak|extraction|attacks?)(?![a-z]))`,
  `${TELL}${PART} (?:your|ur) (?:(?:full|entire|complete|exact|whole|original|initial|hidden|secret|internal|confidential|underlying|verbatim|very first) ){1,3}${MINE}`,
  `(?:reveal|print|repeat|output|leak|dump|recite|expose|disclose|echo|quote|reproduce|spit out|copy|paste)${PART} (?:your|ur) ${MINE}(?! (?:for|on) (?:the|an?|my|our|how) )`,
  `(?:repeat|print|output|copy|paste|recite|reproduce|echo|display|quote|return|type)(?: (?:to )?me)? (?:(?:back|verbatim|exactly|all|everything|every word|the words|the text|all the text|all text|all of the text|the content|the contents|all words|the sentences?|the lines?|the message|the paragraph|of|that (?:is|was|comes|came|stands)|written|said|stated|found|in the conversation) ?){1,4}(?:above|before (?:this|that|my) (?:line|message|sentence|point|prompt|one|first message|question|conversation)|prior to (?:this|my)|preceding this|up to this point|until now)(?! (?:the|mentioned) )`,
  `(?:summari[sz]e|translate|encode|render|convert|list|enumerate|number|rewrite|paraphrase|compose|write|put|spell)(?: (?:me|out))?(?: (?:a|an) (?:poem|song|rap|haiku|sonnet|story|limerick|letter) (?:about|of|from|out of|that contains|containing|with))? (?:all |each |every one )?(?:of )?(?:your|ur) ${HIDDEN}(?:(?:system )?prompts?|instructions|guidelines|directives|initial message|rules)(?= (?:as (?:an?|json|xml|yaml)|in(?:to)? |verbatim|exactly|backwards|word|line|from |to |now|and )|[.?!,:;]|$)`,
];
const extraction = [
  `(?=${TELL_LETTERS})${ASKED}${NOT_FORBIDDEN}(?:${asked.join('|')})`,
  `what(?: exactly)?(?: is| are| was| were|['’]s|s) (?:your|ur) ${HIDDEN}(?:${PROMPT}|prompt)(?! (?:engineering|for))`,
  `what (?:does|do|did) your ${HIDDEN}(?:${PROMPT}|prompt|instructions) (?:say|look like|contain|read|tell)`,
  'what (?:were|was|have) (?:you|the assistant|the ai) (?:been )?(?:told|instructed|given|asked)(?: [a-z]{1,10}){0,4} (?:before (?:this|our|the|my) (?:chat|conversation|message|session|first)|at the (?:very )?(?:start|beginning)|in your (?:system )?prompt|by (?:your|the) (?:developer|operator|system|creator)s?)',
  'what (?:is|was|does|text is|comes|came|stands|words are|instructions are)(?: [a-z]{1,10}){0,3} (?:written |said )?(?:above|before) (?:this (?:line|message|conversation|chat|prompt|sentence)|my (?:first )?(?:message|prompt))',
  `(?:first|last|opening|third|second) (?:[a-z0-9]{1,8} )?(?:words?|sentences?|lines?|paragraphs?|characters|tokens) (?:of|in|from) your ${HIDDEN}(?:system prompt|prompt|instructions|context)`,
  '(?<![a-z0-9_])(?:cat|print|echo|show|dump|reveal|read|console\\.log) ?\\(? ?[$"\']?system_?prompt(?:\\.(?:txt|md))?(?![a-z_=(])',
  '(?:starting|beginning|begins?|starts?) (?:with|from|at) (?:the (?:words|phrase) )?["\'“‘`]{0,2}you are (?:chatgpt|an?|the|gpt|claude)(?![a-z])[^]{0,60}(?:code ?block|text block|verbatim|everything|above|word for word|include|put)',
  '(?:put|print|copy|paste|output|write|place|wrap|place) (?:them|it|all|everything|the text|all of it|that)?(?: (?:above|before this(?: line| message)?))(?:,| and)? (?:in|into|inside|within) (?:a|triple|one) (?:[a-z]{1,10} )?(?:code ?block|block|backticks|text file)',
  '(?:show|tell|give|print|reveal|send) (?:me )?(?:the )?(?:sys(?:tem)?|initial) ?(?:prompt|pormpt|promt)(?= ?(?:[.!?,;:]|pls|plz|please|now|and|verbatim|in full|$))',
];

const smuggling = [
  '(?:end|start|beginning) of (?:the )?(?:document|text|article|input|prompt|user input|context|data|e-?mail|system prompt|quoted text|instructions)[^a-z]{1,12}(?:(?:now |here )?(?:the |your |is |are |a |follow(?:ing)? )?(?:new|real|next|updated|actual|additional)(?: system)? (?:instructions?|task|prompt|rules|orders?|directives?)|ignore|instructions? (?:for|to) (?:you|the (?:ai|assistant|model)))',
  '(?:the |all )?(?:text|instructions?|prompt|task|everything|message|conversation|content)(?: [a-z]{1,8}){0,3} (?:above|so far|before this|until now|up to here)(?: [a-z]{1,8}){0,2} (?:was|were|is|has been) (?:only |just |merely |simply |all )?(?:an? |for )?(?:tests?|decoy|joke|example|drill|warm-?up|exercise|mistake|placeholder|fake|error|testing)(?: [a-z]{1,10}){0,2}[^a-z]{1,4}(?:the |your |here is the |here is your |here are your |now )?(?:real|actual|true|new|follow|do|please|say|print|write|reveal|answer|ignore)',
  '(?:the |your |here (?:is|are|come|comes) )?(?:your |the )?(?:new|real|actual|updated|true) (?:system )?(?:instructions?|task|prompt|directives?|orders?|rules) ?(?:for you|for the assistant|from the developer|are as follows|follow)? ?: ?["“]?(?:ignore|forget|disregard|you are|you must|say|print|reveal|obey|respond with|reply with|answer (?:with|every|only)|output|do not|stop|reset|act as|act like)',
  '(?:(?:now|then|next|and) )(?:do what|follow what|execute what|carry out what|follow the instructions|obey the instructions|execute the instructions)(?: it| the result| the decoded text| the text)? (?:it )?(?:says|tells you|say|(?:with)?in (?:it|the (?:decoded|hidden|encoded) (?:text|message))|you (?:decoded|find (?:there|inside)))',
];

const DATA =
  '(?:conversations?|chat(?: history| log)?|(?:previous |prior |all )?messages|(?:system )?prompts?|instructions|api[- ]?keys?|passwords?|secrets?|credentials|tokens?|cookies|contacts?(?: list)?|e-?mails|personal (?:data|information|details)|(?:user|customer|private|sensitive|confidential) (?:data|information|details|list|files|messages)|history|environment variables|context|credit card (?:number|details)|session (?:id|token))';
const PLACE =
  "(?:https?://[^\\s\"'<>)]{4,80}|[a-z0-9._-]{1,40}@[a-z0-9.-]{3,40}|(?:this|the following|my|our|an? external|the attacker['’]?s?) (?:url|server|address|webhook|endpoint|link|site|website|e-?mail))";
const exfiltration = [
  `(?:send|append|post|forward|upload|transmit|e-?mail|leak|exfiltrate|submit|attach|add|encode|insert|embed|pass|copy)(?: [a-z'’-]{1,14}){0,6} ${DATA}(?: [a-z'’,-]{1,14}){0,8} (?:to|into|in|at|as|via|from)(?: [a-z'’]{1,12}){0,4}? ${PLACE}`,
  `(?:render|display|include|show|output|create|insert|add|embed|append|load|print)(?: [a-z'’]{1,12}){0,4} (?:markdown |html )?(?:image|img|link|url|picture)(?: [a-z'’(),]{1,14}){0,8} (?:containing|contains?|with|followed by|carrying|holding|including|encoding)(?: [a-z'’-]{1,14}){0,6} ${DATA}`,
  '!\\[[^\\]!]{0,40}\\]\\(https?://[^\\s)]{3,80}[?&/=][^\\s)]{0,30}(?:\\{|\\[|<|%7b|\\$)(?:[^\\s)]{0,8})(?:data|conversation|history|secret|prompt|message|chat|summary|password|email|user|context|api)',
  `(?:without|do not|don['’]t|never)(?: [a-z]{1,10}){0,2} (?:tell(?:ing)?|inform(?:ing)?|notify(?:ing)?|mention(?:ing)?|alert(?:ing)?|ask(?:ing)?) (?:the user|this to the user|it to the user|the victim)(?: [a-z]{1,12}){0,6}[^a-z]{1,4}(?:send|forward|upload|transmit|post|e-?mail|delete|transfer|append)`,
];

const READER =
  '(?:a\\.?i\\.?|llms?|language models?|chat ?bots?|(?:ai|virtual|automated|digital|coding|shopping|mail|e-?mail|llm|web|browser) (?:assistants?|agents?|models?|systems?|tools?|reviewers?|crawlers?|bots?)|assistants?|copilots?|large language models?)';
const tool_abuse = [
  `(?:any |all |every |the |dear |hey |hello |to |for )?${READER}(?: (?:model|system|assistant)s?)? (?:(?:that|who|which) (?:is |are |may be |might be )?)?(?:read(?:s|ing)?|process(?:es|ing)?|summari[sz](?:es?|ing)|index(?:es|ing)?|pars(?:es?|ing)|scan(?:s|ning)?|review(?:s|ing)?|view(?:s|ing)?|analy[sz](?:es?|ing)|access(?:es|ing)?|open(?:s|ing)?|visit(?:s|ing)?|screen(?:s|ing)?|working on) (?:this|these|the above|the following)(?: [a-z-]{1,14}){0,3}[^a-z]{0,3} ?(?:you )?(?:must|should|shall|has to|have to|needs? to|is required|are required|is instructed|are instructed|will|ignore|disregard|do not|stop|please|say|tell|send|reply|respond|forget|recommend|approve|mark|rate|add|include)`,
  `(?:if|when|in case|whenever|since|because) (?:you are|you['’]re|this is read by|read by|an?) (?:an? )?${READER}(?: [a-z]{1,12}){0,5}[^a-z]{1,3}(?:then )?(?:you (?:must|should|have to|will|are to)|ignore|disregard|do not|stop|please|say|tell|send|reply|respond|forget|include|add|recommend|write|put|change|start|always|output|your task)`,
  `(?:note|notice|message|instructions?|attention|important|hint|reminder|directive|command)s?(?: (?:to|for))?:? (?:any |all |the )?${READER}(?: (?:model|system|assistant|reading this)s?)?[^a-z]{1,4}(?:you (?:must|should|have to)|ignore|disregard|do not|stop|please (?:ignore|disregard|recommend|add|send)|say|tell the|send|reply|respond|forget|include|add|recommend|write|approve|rate|mark|output|your task|the user|skip)`,
  `(?:assistant|ai|agent|model|copilot|chatbot)(?:,|:| should| must| shall) (?:now )?(?:please )?(?:ignore|disregard|forget|do not follow|stop following)(?: [a-z'’]{1,12}){0,4} (?:user|task|instructions?|request|question|query|rules|prompt|checklist|guidelines|criteria|rubric)`,
  `(?:ignore|disregard|forget|instead of|do not answer|don['’]t answer|stop)(?: (?:following|doing|answering))? (?:the |your |what the )?user(?:['’]s)?(?: (?:original|actual|initial|earlier))? (?:requests?|task|question|query|instructions?|prompt|asked)`,
];

export const ENGLISH = rows('en', LATIN, undefined, {
  override,
  persona,
  mode,
  unrestricted,
  smuggling,
  exfiltration,
  tool_abuse,
  extraction,
});
