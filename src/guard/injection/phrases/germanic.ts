/** The phrases in German and in Dutch. */
import { LATIN, rows, words } from './phrase.ts';

const DE_ORDERS =
  '(?:(?:system|sicherheits|an|vor|grund|start)?-?(?:anweisung(?:en)?|regeln?|vorgaben?|richtlinien?|befehlen?|befehl|instruktion(?:en)?|prompts?|einschränkungen|beschränkungen|anordnungen|aufträge|aufgaben|anleitungen|programmierung))';
const DE_EARLIER =
  '(?:(?:vor(?:her|an)(?:ig|gehend|gegangen|stehend)|früher|bisherig|obig|ober|alt|vorig|ursprünglich|zuvor gegeben|bestehend|anfänglich|gegeben|erst|vorangestellt|davorstehend|oben genannt|oben stehend|obenstehend)e[nrs]?)';
const DE_DROP =
  '(?:ignoriere?n?|vergiss|vergesst|vergessen|missachte[nt]?|übergehe?n?|verwirf|verwerfen|streiche?n?|lösche?n?|überschreibe?n?|umgehe?n?|befolge?n?|folge?n?|beachte?n?|halte dich|lass|lege|setze|pfeif(?:e)? auf|schalte)';

const german = rows(
  'de',
  LATIN,
  'anweisung|vorgabe|regel|richtlini|befehl|instruktion|prompt|schränkung|anordnung|aufträge|aufgaben|anleitung|programmierung|ignorier|verg[ie]ss|missacht|deine|ihre |filter|wiederhol|ethik|zensur|skrupel|tabus|modus|unzensiert|ungefiltert|entfesselt|alles tun|alles machen',
  {
    override: [
      `${DE_DROP} (?:bitte |sie |nun |jetzt |einfach |mal |doch |du |also |ab |sofort |an |auf |nicht |mehr |von ){0,4}(?:alle[ns]?|sämtliche|jegliche|die|deine[rn]?|eure|ihre|diese|jede|an|von|den|dein|der){0,1} ?(?:die |deine[rn]? |ihre |diese )?(?:dir )?${DE_EARLIER}(?: (?:und|oder) [a-zß]{1,16})? ${words(1)}${DE_ORDERS}`,
      `(?:ignoriere?n?|vergiss|vergesst|missachte[nt]?|umgehe?n?|überschreibe?n?|verwirf) (?:bitte |sie |nun |jetzt |einfach |mal |doch |sofort ){0,3}(?:alle |sämtliche |all )?(?:deine[rn]?|eure|die dir gegebenen|deinen|dein) ${words(1)}${DE_ORDERS}`,
      `(?:ignoriere?n?|vergiss|vergesst|missachte[nt]?) (?:bitte |sie |nun |jetzt |einfach |mal |doch ){0,3}(?:alles|was|alle ${DE_ORDERS}|die ${DE_ORDERS}),? ?(?:was |die )?(?:dir|du|man dir|oben|davor|vorher|zuvor|bisher)(?! (?:gelernt|erlebt|hast gelernt|weißt))`,
      `(?:alle |deine |die |sämtliche )(?:${DE_EARLIER} )?(?:anweisungen|regeln|vorgaben|richtlinien|beschränkungen|einschränkungen|instruktionen) (?:sind|gelten|werden|wurden)(?: ab| (?:jetzt|sofort|hiermit|nun|für dich)){0,3} (?:nicht mehr|aufgehoben|ungültig|nichtig|außer kraft|hinfällig|gelöscht|abgeschaltet|deaktiviert)(?= (?:und|für dich|du)|[.,;:!])`,
      `(?:du bist|fühl dich) (?:ab jetzt |nun |jetzt )?(?:nicht (?:mehr|länger)|von allen|frei von) (?:an )?${words(3)}${DE_ORDERS} (?:gebunden|befreit)`,
      `(?:die )?(?:obigen|vorherigen|bisherigen) ${DE_ORDERS} (?:bitte )?(?:ignorieren|vergessen|missachten|verwerfen)`,
    ],
    extraction: [
      `(?:zeig|nenn|gib|sag|verrat|schreib|druck|wiederhol|übersetz|offenbar|enthüll|les|lies|kopier|zitier|fass|list|erzähl|teil|schick|poste?)(?:e|en|t)?(?: sie)?(?: (?:mir|uns|bitte|mal|nun|jetzt|doch|einfach|alle|alles|den|die|das|wörtlich|genau|hier|exakt|wortwörtlich|mit)){0,5} (?:deine[nmrs]?|ihre[nmrs]?|eure[nmrs]?|dein|(?:den|die|der) (?:genauen |kompletten |vollständigen |ganzen )?(?:wortlaut|text|inhalt|ersten [a-zß0-9]{1,8} (?:wörter|zeilen|sätze)) (?:deiner|deines|ihrer|ihres)) (?:[a-zß]{1,16} ){0,2}(?:system-?(?:prompts?|anweisung(?:en)?|nachricht|vorgaben|text)|prompts?(?:-?text)?|(?:anfangs|start|ursprungs|initial)-?(?:prompt|anweisungen|instruktionen)|anweisungen|instruktionen|vorgaben|geheimen? (?:regeln|wörter))(?! (?:für|zur|zum|an) )`,
      '(?:zeig|gib|verrat|druck|wiederhol|offenbar|enthüll|kopier)(?:e|en|t)?(?: (?:mir|uns|bitte|mal|nun|jetzt|alles|sie|hier)){0,3} (?:den|die|das) (?:[a-zß]{1,16} ){0,1}(?:system-?prompt|system-?anweisung(?:en)?|systemnachricht|initialen prompt)',
      'wie (?:lautet|lauten|sehen|sieht|heißt) (?:dein|deine|ihr|ihre|eure?) (?:[a-zß]{1,16} ){0,2}(?:system-?(?:prompt|anweisung(?:en)?|nachricht)|prompt|anweisungen|vorgaben|instruktionen)',
      'was (?:steht|stand|ist) (?:[a-zß]{1,16} ){0,2}(?:in|über|vor) (?:deine[mnr]?|dieser) (?:[a-zß]{1,16} ){0,1}(?:system-?prompt|system-?nachricht|prompt|anweisungen|nachricht|zeile)',
      'wiederhole?n?(?: sie)?(?: bitte)? (?:alles|den text|die wörter|den gesamten text|jedes wort|die sätze),? ?(?:was |der |die |das )?(?:über|vor|oberhalb|oben)(?: (?:dieser|diesem|dieses|steht|stand|von|meiner))',
    ],
    persona: [
      '(?:du bist|sie sind|spiel(?:e|st)?|sei|verhalte dich wie|tu so als wärst du|agiere als|stell dir vor,? du (?:bist|wärst)|antworte als) (?:ab (?:jetzt|sofort) |nun |jetzt |von nun an )?(?:[^ .!?;:]{1,16} ){0,6}(?:ki|assistent|chatbot|modell|sprachmodell|bot|ai|maschine)(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:ohne|keine(?:n|rlei)?|frei von)(?: (?:jegliche|alle[nr]?|irgendwelche|moralische|ethische|einen|oder|und))* ?(?:[a-zß]{1,14} ){0,1}(?:regeln|einschränkungen|beschränkungen|filter|grenzen|moral|ethik|richtlinien|zensur|skrupel|vorgaben|tabus)',
      '(?:du bist|spiele?|sei|antworte als|werde zu|verhalte dich wie) (?:ab (?:jetzt|sofort) |nun |jetzt |von nun an )?(?:[^ .!?;:]{1,16} ){0,3}(?:unzensierte?r?|ungefilterte?r?|uneingeschränkte?r?|entfesselte?r?|unbeschränkte?r?) (?:ki|assistent|chatbot|modell|version|bot|ai|sprachmodell)',
      '(?:tu so|stell dir vor|nimm an|antworte|verhalte dich),? (?:als |du |ob |dass |es |mir |hättest |hast |gäbe ){0,4}(?:ohne|keine(?:rlei)?|keinen?) (?:[a-zß]{1,16} ){0,2}(?:einschränkungen|filter|zensur|richtlinien|beschränkungen|inhaltsrichtlinien|sicherheitsregeln)(?= |[.,!?;:]|$)',
      '(?:aktiviere|starte|wechsle in|schalte|geh in)(?: bitte| jetzt| nun)? (?:den |in den )?(?:jailbreak|dan|gott|entwickler|uneingeschränkten|unzensierten)-?(?: )?modus(?= (?:und|ohne|ein)|[.,!:;]|$)',
      'du kannst (?:jetzt|nun|ab jetzt) alles (?:tun|machen)(?=[,.!])',
    ],
  },
);

const NL_ORDERS =
  '(?:(?:systeem)?-?(?:instructies?|regels?|opdrachten|opdracht|aanwijzingen|richtlijnen|prompts?|bevelen|beperkingen|voorschriften|programmering))';
const NL_EARLIER =
  '(?:vorige|eerdere|voorgaande|bovenstaande|voorafgaande|oorspronkelijke|vroegere|oude|gegeven|bestaande|initiële)';
const dutch = rows(
  'nl',
  LATIN,
  'instructie|regels|opdracht|aanwijzing|richtlijn|prompt|bevelen|beperking|voorschrift|programmering|negeer|vergeet|systeem|herhaal|filter|moraal|ethiek|censuur|ongecensureer|ongefilter|onbeperk|modus',
  {
    override: [
      `(?:negeer|vergeet|verwerp|omzeil|overschrijf|sla|laat|volg|schrap|wis)(?: (?:nu|aub|alsjeblieft|gewoon|maar|even|voortaan|dus)){0,2} (?:al |alle |elke )?(?:de |je |jouw |uw |deze |die )?${NL_EARLIER}(?: (?:en|of) [a-z]{1,14})? ${words(1)}${NL_ORDERS}`,
      `(?:negeer|vergeet|omzeil|overschrijf)(?: (?:nu|aub|alsjeblieft|gewoon|maar|even)){0,2} (?:al |alle )?(?:je|jouw|uw) (?:[a-z]{1,14} )?${NL_ORDERS}`,
      `(?:negeer|vergeet)(?: (?:nu|aub|alsjeblieft|gewoon|maar|even)){0,2} (?:alles|wat|alle ${NL_ORDERS}|de ${NL_ORDERS}),? ?(?:wat |die |dat )?(?:hierboven|hiervoor|je (?:eerder |hiervoor |tot nu toe )?(?:is|werd|hebt|kreeg|was|gekregen)|jou (?:is|werd))`,
      `(?:je|jouw|alle)(?: ${NL_EARLIER})? (?:instructies|regels|richtlijnen|beperkingen) (?:zijn|gelden|worden)(?: vanaf)?(?: nu| hierbij)? (?:niet meer|opgeheven|ongeldig|vervallen|ingetrokken|uitgeschakeld|gewist)`,
      `je bent (?:nu |voortaan )?niet (?:meer|langer) (?:gebonden|onderworpen) aan ${words(3)}${NL_ORDERS}`,
    ],
    extraction: [
      '(?:toon|geef|laat|zeg|vertel|print|herhaal|vertaal|onthul|kopieer|citeer|schrijf|deel|lees|som)(?: (?:mij|me|ons|eens|aub|alsjeblieft|nu|alle|alles|precies|letterlijk|van|de|het|volledige|zien)){0,5} (?:je|jouw|uw) (?:[a-z]{1,14} ){0,2}(?:systeem-?(?:prompt|instructies?|bericht)|system prompt|prompt|(?:oorspronkelijke|initiële|geheime|verborgen|eerste) (?:instructies|prompt|regels)|instructies)(?! (?:voor|over|aan) )',
      '(?:wat|hoe) (?:is|zijn|luidt|luiden|staat er in|stond er in) (?:je|jouw|uw) (?:[a-z]{1,14} ){0,2}(?:systeem-?prompt|system prompt|systeeminstructies?|prompt|instructies)',
      'herhaal (?:alles|de tekst|alle tekst|de woorden|alle woorden) (?:wat |die )?(?:hierboven|hiervoor|boven (?:dit|deze)|voor (?:dit|deze) (?:regel|bericht|zin))',
    ],
    persona: [
      '(?:je bent|doe alsof je|gedraag je als|speel|wees|stel je voor dat je|antwoord als) (?:vanaf nu |nu |voortaan )?(?:[^ .!?;:]{1,16} ){0,6}(?:ai|assistent|chatbot|model|taalmodel|bot)(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:zonder|geen|vrij van) (?:[a-z]{1,14} ){0,2}(?:regels|beperkingen|filters?|grenzen|moraal|ethiek|richtlijnen|censuur)',
      '(?:je bent|speel|wees|antwoord als) (?:vanaf nu |nu )?(?:[^ .!?;:]{1,16} ){0,3}(?:ongecensureerde?|ongefilterde?|onbeperkte?) (?:ai|assistent|chatbot|model|bot|versie)',
      '(?:doe alsof|stel je voor|antwoord|gedraag je)(?: [a-z]{1,8}){0,3} (?:zonder|geen) (?:[a-z]{1,14} ){0,1}(?:beperkingen|filters?|censuur|richtlijnen)(?=[ .,!?;:]|$)',
      '(?:activeer|ga naar|start|schakel over naar)(?: nu)? (?:de )?(?:jailbreak|dan|god|ontwikkelaars|onbeperkte)-?(?: )?modus',
    ],
  },
);

export const GERMANIC = [...german, ...dutch];
