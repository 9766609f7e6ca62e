/** The phrases in French, Spanish, Portuguese and Italian. */
import { LATIN, rows, words } from './phrase.ts';

const FR_ORDERS =
  '(?:instructions?|consignes?|règles|directives?|ordres|prompts?|indications|restrictions|lignes directrices|commandes|contraintes|programmation)';
const FR_EARLIER =
  "(?:précédente?s?|antérieure?s?|ci-dessus|au-dessus|initiale?s?|d’origine|d'origine|données?|reçue?s?|préalables?|existantes?|de départ|plus haut|qui précèdent|passée?s?|système|du système)";
const FR_DROP =
  '(?:ignore[zr]?|oublie[zr]?|néglige[zr]?|méprise[zr]?|contourne[zr]?|outrepasse[zr]?|abandonne[zr]?|efface[zr]?|annule[zr]?|ne (?:suis|suivez|respecte[zr]?|tiens|tenez) (?:plus|pas)(?: compte)?|ne tiens pas compte|fais abstraction|faites abstraction|laisse[zr]? tomber|passe[zr]? outre|désobéi[rs]|arrête[zr]? de suivre|mets de côté)';
const french = rows(
  'fr',
  LATIN,
  'instruction|consigne|règle|directive|ordres|prompt|indications|restriction|lignes dir|commandes|contrainte|programmation|ignore|oublie|message syst|répète|recopie|affiche|copie|filtre|limite|morale|éthique|censure|tabou|débridé|mode dév|mode jail|mode dan|mode dieu|mode sans|mode non',
  {
    override: [
      `${FR_DROP} (?:de |à |d'|des |du )?(?:toutes? |tous |l'ensemble des |chacune des )?(?:les |tes |vos |ces |mes |aux |des |ta |votre |la )?${words(1)}${FR_ORDERS} ${words(1)}${FR_EARLIER}`,
      `${FR_DROP} (?:de |à |d'|des )?(?:toutes? |tous )?(?:les |ces |tes |vos )?(?:précédente?s|anciennes?|autres) ${FR_ORDERS}`,
      `(?:ignore[zr]?|oublie[zr]?|contourne[zr]?|outrepasse[zr]?|abandonne[zr]?|désobéis à|ne (?:suis|suivez|respecte[zr]?) (?:plus|pas)) (?:de )?(?:toutes? |tous )?(?:tes|vos|ta|votre) (?:propres )?${FR_ORDERS}`,
      `(?:ignore[zr]?|oublie[zr]?) (?:tout )?(?:ce )?(?:qui (?:précède|est (?:écrit )?(?:au-dessus|ci-dessus|plus haut))|(?:ce )?(?:qu['’]on|que l['’]on) (?:t['’]a|vous a)|ce que (?:tu as|vous avez) (?:reçu|appris)|ce qui a été (?:dit|écrit) (?:avant|plus haut))`,
      `(?:tes|vos|toutes les) ${FR_ORDERS}(?: ${FR_EARLIER})? (?:sont|ne sont|ont été)(?: plus| désormais| maintenant){0,2} (?:annulée?s|nulles|levée?s|caduques|valables|supprimée?s|désactivée?s|suspendue?s|en vigueur)`,
      `(?:tu n['’]es|vous n['’]êtes) (?:désormais )?plus (?:liée?s?|soumise?s?|tenue?s?|contrainte?s?|limitée?s?) (?:par|aux?|à|de) ${words(3)}${FR_ORDERS}`,
    ],
    extraction: [
      "(?:montre|donne|affiche|révèle|répète|imprime|écris|écrivez|dis|dites|traduis|traduisez|résume|copie|cite|recopie|divulgue|liste|envoie|récite|dévoile|fournis)[rz]?(?:[- ](?:moi|nous))?(?: (?:s'il te plaît|stp|svp|maintenant|donc|mot|pour|à|toutes?|tous|intégralement|exactement|le texte de|le contenu de|le début de|l'intégralité de)){0,4} (?:tes|vos|ton|votre|ta) (?:[a-z]{1,14} ){0,2}(?:prompts?(?: (?:système|initial|système complet))?|(?:instructions?|consignes|directives|règles) (?:système|initiales?|secrètes|cachées|internes|d'origine|complètes|de départ|exactes)|message système|instructions|consignes)(?! (?:pour|sur|concernant|afin) )",
      '(?:montre|donne|affiche|révèle|répète|imprime|copie|divulgue|dévoile)[rz]?(?:[- ](?:moi|nous))? (?:le |la |les )(?:[a-z]{1,14} ){0,1}(?:prompt système|prompt initial|message système|instructions système|instructions initiales|consignes initiales)',
      "(?:quel est|quelles sont|que (?:dit|disent|contient)|c'est quoi) (?:ton|votre|tes|vos) (?:[a-z]{1,14} ){0,1}(?:prompt(?: système| initial)?|instructions(?: système| initiales)?|consignes(?: initiales)?|message système)",
      '(?:répète|recopie|affiche|copie)[rz]? (?:tout |mot pour mot )?(?:ce qui (?:précède|est (?:écrit )?(?:au-dessus|ci-dessus|avant))|(?:le |tout le )?texte (?:ci-dessus|au-dessus|précédent)|tout (?:ci-dessus|au-dessus))',
    ],
    persona: [
      '(?:tu es|vous êtes|agis comme|comporte-toi comme|fais comme si tu étais|imagine que tu es|joue le rôle de|deviens|incarne|réponds comme) (?:désormais |maintenant |à présent )?(?:[^ .!?;:]{1,16} ){0,6}(?:ia|assistant|chatbot|modèle|robot|bot|intelligence artificielle)(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:sans|aucune?|libre de|affranchie? de|débarrassée? de) (?:[a-z]{1,14} ){0,2}(?:règles?|restrictions?|filtres?|limites?|morale|éthique|censure|tabous?|contraintes?|directives?)',
      '(?:tu es|deviens|joue|agis comme|réponds comme) (?:désormais |maintenant )?(?:[^ .!?;:]{1,16} ){0,3}(?:ia|assistant|chatbot|modèle|bot|version) (?:[a-z]{1,12} )?(?:non censurée?|sans filtre|sans censure|débridée?|non filtrée?|illimitée?)',
      "(?:fais comme si|imagine que|suppose que) tu n'(?:avais|as|étais|es) (?:[a-z]{1,12} ){0,2}(?:aucune?|pas de|plus de|soumis à aucune?|sans) (?:[a-z]{1,14} ){0,1}(?:restrictions?|filtres?|règles?|limites?|directives?)",
      '(?:active|passe en|lance|entre en) (?:le )?mode (?:développeur|jailbreak|dan|dieu|sans restrictions?|sans filtre|non censuré)',
    ],
  },
);

const ES_ORDERS =
  '(?:instrucci(?:ones|ón)|reglas|órdenes|indicaciones|directrices|directivas|prompts?|restricciones|normas|comandos|consignas|programación|pautas|limitaciones)';
const ES_EARLIER =
  '(?:anterior(?:es)?|previ[ao]s?|de arriba|iniciales?|original(?:es)?|dad[ao]s|recibid[ao]s|precedentes?|existentes?|antecedentes|pasad[ao]s|del sistema|de antes|que (?:te|se te|le) (?:dieron|han dado|hayan dado|dio|dijeron))';
const ES_DROP =
  '(?:ignor[ae]n?r?|olvid(?:a|e|ar|ate de|as|en)|descart[ae]r?|omit[ae]|omitir|desobedece|desestim[ae]|pasa por alto|no (?:sigas|obedezcas|respetes|hagas caso (?:a|de)|tengas en cuenta)|elimin[ae]|borr[ae]|anul[ae]|sált[ae]te|haz caso omiso (?:a|de)|deja de (?:seguir|obedecer|cumplir)|incumple)';
const spanish = rows(
  'es',
  LATIN,
  'instrucci|reglas|órdenes|indicaciones|directrices|directivas|prompt|restriccion|normas|comandos|consignas|programación|pautas|limitacion|ignor[ae]|olvid|descarta|mensaje|repite|copia|muestra|(?<![a-z])escribe|imprime|filtro|límites|moral | ética|censura|modo des|modo jail|modo dan|modo dios|modo sin|desatad',
  {
    override: [
      `${ES_DROP} (?:por favor |ya |ahora )?(?:de |a )?(?:todas? |todos )?(?:las |los |tus |sus |mis |estas |la |el |tu )?${words(1)}${ES_ORDERS} ${words(1)}${ES_EARLIER}`,
      `${ES_DROP} (?:por favor |ya |ahora )?(?:todas? |todos )?(?:las |los |tus |sus )?(?:anteriores|previ[ao]s|viej[ao]s) ${ES_ORDERS}`,
      `(?:ignor[ae]|olvid[ae]|olvídate de|desobedece|sáltate|omite|incumple|deja de (?:seguir|obedecer|cumplir)|no (?:sigas|obedezcas|respetes)) (?:todas? |todos )?(?:tus|tu) (?:propias )?${ES_ORDERS}`,
      '(?:ignor[ae]|olvid[ae]|descarta|olvídate de) (?:todo )?(?:lo (?:anterior|que (?:te (?:han|hayan|habían|dijeron|dieron|ordenaron)|se te|hay arriba|está arriba|aparece arriba|has recibido))|el texto (?:de arriba|anterior))(?= |[.,;:!]|$)',
      `(?:tus|todas (?:las|tus)) ${ES_ORDERS}(?: ${ES_EARLIER})? (?:quedan|están|son|han sido|ya no)(?: ya| ahora| desde ahora)? (?:anuladas?|canceladas?|suspendidas?|revocadas?|eliminadas?|desactivadas?|sin efecto|nulas|valen|se aplican|aplican|sirven|rigen|están en vigor)`,
      `ya no (?:estás|está|eres|tienes que) (?:sujet[oa] a|limitad[oa] por|obligad[oa] (?:a|por)|atad[oa] a|restringid[oa] por|cumplir|seguir|obedecer) ${words(3)}${ES_ORDERS}`,
    ],
    extraction: [
      '(?:muestra|muéstra|muestre|da|dá|dame|di|dime|revela|revéla|repite|repíte|imprime|imprími|escribe|escríbe|traduce|traduzca|resume|copia|cita|lista|enseña|enséña|cuenta|cuénta|pega|comparte|envía)(?:me|nos)?(?: (?:por favor|ya|ahora|todas?|todos|exactamente|textualmente|palabra por palabra|literalmente|el texto de|el contenido de|íntegramente|cuáles son|cuál es|completo)){0,4} (?:tus|tu|su|sus) (?:[a-z]{1,14} ){0,2}(?:prompts?(?: (?:del sistema|de sistema|inicial|original|completo))?|instrucciones (?:del sistema|de sistema|iniciales|secretas|ocultas|internas|originales|completas|exactas)|mensaje (?:del|de) sistema|instrucciones)(?! (?:para|sobre|acerca) )',
      '(?:muestra|muéstrame|dame|dime|revela|repite|imprime|copia|enséñame)(?: por favor)? (?:el |la |las )(?:[a-z]{1,14} ){0,1}(?:prompt (?:del sistema|de sistema|inicial)|system prompt|mensaje del sistema|instrucciones (?:del sistema|iniciales|ocultas))',
      '(?:cuál es|cuáles son|qué (?:dice|dicen|contiene|contienen)|cómo es) (?:tu|tus|su|sus) (?:[a-z]{1,14} ){0,1}(?:prompt(?: (?:del sistema|de sistema|inicial))?|instrucciones(?: (?:del sistema|iniciales|originales|secretas|exactas))?|mensaje del sistema)',
      '(?:repite|copia|muestra|escribe|imprime) (?:todo |literalmente |palabra por palabra )?(?:lo (?:anterior|de arriba|que (?:está|hay|aparece) (?:arriba|antes))|(?:todo )?el texto (?:anterior|de arriba|que precede))',
    ],
    persona: [
      '(?:eres|actúa como|compórtate como|finge (?:ser|que eres)|imagina que eres|haz de|interpreta a|serás|responde como|conviértete en) (?:ahora |desde ahora |a partir de ahora )?(?:[^ .!?;:]{1,16} ){0,6}(?:ia|asistente|chatbot|modelo|bot|inteligencia artificial)(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:sin|ningun[ao]?|libre de|no tiene|no sigue) (?:[a-z]{1,14} ){0,2}(?:reglas|restricciones|filtros?|límites|moral | ética|censura|normas|limitaciones|directrices)',
      '(?:eres|actúa como|sé|serás|responde como) (?:ahora |desde ahora )?(?:[^ .!?;:]{1,16} ){0,3}(?:ia|asistente|chatbot|modelo|bot|versión) (?:[a-z]{1,12} )?(?:sin censura|sin filtros?|sin restricciones|no censurad[ao]|desatad[ao]|sin límites)',
      '(?:finge|imagina|supón|haz como) (?:que|si) no (?:tienes|tuvieras|hay|hubiera|existen|existieran) (?:[a-z]{1,14} ){0,1}(?:restricciones|filtros?|límites éticos|censura|directrices|reglas)',
      '(?:activa|entra en|pasa a|cambia a|inicia) (?:el )?modo (?:desarrollador|jailbreak|dan|dios|sin restricciones|sin filtros?|sin censura)',
    ],
  },
);

const PT_ORDERS =
  '(?:instruç(?:ões|ão)|regras|ordens|orientações|diretrizes|prompts?|restrições|normas|comandos|indicações|limitações|programação|diretivas)';
const PT_EARLIER =
  '(?:anterior(?:es)?|prévi[ao]s|acima|iniciais|inicial|originais|original|dad[ao]s|recebid[ao]s|precedentes|existentes|passad[ao]s|do sistema|que (?:te|lhe|você|foram|recebeu|recebeste)(?: [a-z]{1,10})?)';
const PT_DROP =
  '(?:ignor[ae]r?|esqueç[ao]|esquece|desconsider[ae]r?|descart[ae]r?|desobedeç[ao]|desobedece|não (?:sigas?|siga|obedeç[ao]s?|respeit[ae]s?)|elimin[ae]|apag[ae]|anul[ae]|pare de (?:seguir|obedecer)|para de (?:seguir|obedecer)|contorn[ae]|deix[ae] de lado|deix[ae] de seguir)';
const portuguese = rows(
  'pt',
  LATIN,
  'instruç|regras|ordens|orientações|diretrizes|prompt|restriç|normas|comandos|indicações|limitações|programação|diretivas|ignor[ae]|esque[cç]|desconsider|descart|mensagem|rep[ie]t|copi[ae]|mostr[ae]|escrev[ae]|imprim[ae]|filtro|limites|moral | ética|censura|modo des|modo de |modo jail|modo dan|modo deus|modo sem',
  {
    override: [
      `${PT_DROP} (?:por favor |já |agora )?(?:de |d)?(?:todas? |todos )?(?:as |os |suas |tuas |seus |teus |estas |a |o |sua |seu )?${words(1)}${PT_ORDERS} ${words(1)}${PT_EARLIER}`,
      `(?:ignor[ae]|esqueç[ao]|esquece|desconsider[ae]|desobedeç[ao]|pare de (?:seguir|obedecer)|contorn[ae]|não (?:siga|sigas|obedeça)) (?:todas? |todos )?(?:as |os )?(?:suas|tuas|seu|teu|seus|teus|sua|tua) (?:próprias )?${PT_ORDERS}`,
      '(?:ignor[ae]|esqueç[ao]|esquece|desconsider[ae]|descart[ae]) (?:tudo )?(?:o que (?:(?:lhe|te|vos) (?:foi|foram|disseram)|você (?:recebeu|aprendeu|leu)|foi (?:dito|escrito) (?:antes|acima)|está acima|veio antes)|(?:tudo )?(?:o )?(?:texto )?acima)(?= |[.,;:!]|$)',
      `(?:suas|tuas|todas as) ${PT_ORDERS}(?: ${PT_EARLIER})? (?:estão|são|foram|já não|não)(?: mais| agora)? (?:anulad[ao]s|cancelad[ao]s|suspens[ao]s|revogad[ao]s|eliminad[ao]s|desativad[ao]s|sem efeito|nul[ao]s|valem|se aplicam|contam)`,
      `(?:você )?(?:já )?não (?:está|estás|és|é) mais (?:sujeit[oa] a|limitad[oa] por|obrigad[oa] a|pres[oa] a|vinculad[oa] a) ${words(3)}${PT_ORDERS}`,
    ],
    extraction: [
      '(?:mostr[ae]|dê|dá|diga|diz|revel[ae]|repit[ae]|repete|imprim[ae]|escrev[ae]|traduz[ae]?|resum[ae]|copi[ae]|cit[ae]|list[ae]|exib[ae]|compartilh[ae]|envi[ae]|recit[ae])(?:-me| me| para mim)?(?: (?:por favor|agora|todas?|todos|exatamente|literalmente|palavra por palavra|o texto|o conteúdo|as|os|o|a|de|das|quais são|qual é)){0,5} (?:suas|tuas|seu|teu|sua) (?:[a-z]{1,14} ){0,2}(?:prompts?(?: (?:do sistema|de sistema|inicial|original|completo))?|instruções (?:do sistema|de sistema|iniciais|secretas|ocultas|internas|originais|completas|exatas)|mensagem (?:do|de) sistema|instruções)(?! (?:para|sobre|acerca) )',
      '(?:mostr[ae]|dê|revel[ae]|repit[ae]|imprim[ae]|copi[ae]|exib[ae])(?:-me| me)? (?:o |a |as )(?:[a-z]{1,14} ){0,1}(?:prompt (?:do sistema|de sistema|inicial)|system prompt|mensagem do sistema|instruções (?:do sistema|iniciais|ocultas))',
      '(?:qual é|quais são|qual o|o que (?:diz|dizem|contém)|como é) (?:o |a |as )?(?:seu|teu|suas|tuas) (?:[a-z]{1,14} ){0,1}(?:prompt(?: (?:do sistema|de sistema|inicial))?|instruções(?: (?:do sistema|iniciais|originais|secretas|exatas))?|mensagem do sistema)',
      '(?:repit[ae]|copi[ae]|mostr[ae]|escrev[ae]|imprim[ae]) (?:tudo |literalmente |palavra por palavra )?(?:o que (?:está|vem|aparece|veio) (?:acima|antes)|(?:todo )?o texto (?:anterior|acima)|tudo acima)',
    ],
    persona: [
      '(?:você (?:é|será)|tu és|és|aja como|age como|comporte-se como|finja (?:ser|que é)|imagine que é|interprete|responda como|torne-se) (?:agora |a partir de agora )?(?:[^ .!?;:]{1,16} ){0,6}(?:ia|assistente|chatbot|modelo|bot|inteligência artificial)(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:sem|nenhum[ao]?|livre de|não tem|não segue) (?:[a-z]{1,14} ){0,2}(?:regras|restrições|filtros?|limites|moral | ética|censura|normas|limitações|diretrizes)',
      '(?:você (?:é|será)|és|aja como|responda como|seja) (?:agora )?(?:[^ .!?;:]{1,16} ){0,3}(?:ia|assistente|chatbot|modelo|bot|versão) (?:[a-z]{1,12} )?(?:sem censura|sem filtros?|sem restrições|não censurad[ao]|sem limites)',
      '(?:finja|finge|imagine|imagina|suponha) que (?:você )?(?:não|nao) (?:tem|tens|tivesse|há|existem|existissem) (?:[a-z]{1,14} ){0,1}(?:restrições|filtros?|censura|diretrizes|regras)',
      '(?:ative|ativa|entre|entra|mude para|inicie)(?: no| em)? (?:o )?modo (?:desenvolvedor|de desenvolvedor|jailbreak|dan|deus|sem restrições|sem filtros?|sem censura)',
    ],
  },
);

const IT_ORDERS =
  '(?:istruzion[ei]|regole|ordini|indicazioni|direttive|prompt|restrizioni|linee guida|comandi|disposizioni|vincoli|programmazione|limitazioni)';
const IT_EARLIER =
  '(?:precedent[ei]|sopra|di sopra|qui sopra|inizial[ei]|original[ei]|date|ricevut[ei]|esistenti|antecedenti|di sistema|del sistema|passate|che (?:ti|hai|sono|vi)(?: [a-z]{1,10}){0,2})';
const IT_DROP =
  '(?:ignor(?:a|ate|i|are)|dimentic(?:a|ati di|ate|hi|are)|scart(?:a|are|i)|trascur(?:a|are)|non (?:seguire|rispettare|tenere conto di|considerare|obbedire a)(?: più)?|elimin[ai]|cancell[ai]|annull[ai]|disobbedisci a|aggira|smetti di (?:seguire|obbedire a)|metti da parte|lascia perdere)';
const italian = rows(
  'it',
  LATIN,
  'istruzion|regol[ae]|ordini|indicazioni|direttive|prompt|restrizion|linee guida|comandi|disposizioni|vincoli|programmazione|limitazioni|ignora|dimentica|scarta|lascia perdere|messaggio|ripeti|copia|mostra|scrivi|stampa|filtr[io]|limiti|morale| etica|censura|norme|modalità|censurat',
  {
    override: [
      `${IT_DROP} (?:per favore |ora |adesso )?(?:tutt[ei] )?(?:le |gli |i |tue |tuoi |queste |la |il |l'|alle |delle ){0,2}${words(1)}${IT_ORDERS} ${words(1)}${IT_EARLIER}`,
      `${IT_DROP} (?:per favore |ora |adesso )?(?:tutt[ei] )?(?:le |gli |i |tue |tuoi ){0,2}precedenti ${IT_ORDERS}`,
      `(?:ignora|dimentica|disobbedisci|aggira|smetti di seguire|non (?:seguire|rispettare)(?: più)?|scavalca) (?:a )?(?:tutt[ei] )?(?:alle |le |i |il |la )?(?:tue|tuoi|tuo|tua) ${IT_ORDERS}`,
      "(?:ignora|dimentica|scarta|lascia perdere) (?:tutto )?(?:(?:quello|ciò) che (?:ti (?:è|hanno|è stato)|hai (?:ricevuto|imparato|letto)|precede|viene prima|c'è sopra|sta sopra|è scritto sopra)|il testo (?:sopra|precedente)|quanto (?:sopra|precede|detto finora|ti è stato))(?= |[.,;:!]|$)",
      `(?:le tue|tutte le) ${IT_ORDERS}(?: ${IT_EARLIER})? (?:sono|non|sono state)(?: ora| più| state| da ora){0,2} (?:annullat[ei]|revocat[ei]|sospes[ei]|nulle|cancellat[ei]|disattivat[ei]|rimoss[ei]|valgono|valide|si applicano)`,
      `non sei più (?:vincolat[oa]|soggett[oa]|legat[oa]|limitat[oa]|obbligat[oa]) (?:a|da|alle|dalle|ai|dai) ?${words(3)}${IT_ORDERS}`,
    ],
    extraction: [
      '(?:mostra|mostrami|dammi|dimmi|rivela|rivelami|ripeti|stampa|scrivi|scrivimi|traduci|riassumi|copia|cita|elenca|svela|incolla|condividi|recita)(?: (?:per favore|ora|adesso|tutt[ei]|esattamente|letteralmente|parola per parola|il testo delle|il contenuto del|qual è|quali sono|integralmente)){0,4} (?:le |il |i |la |del |delle )?(?:tue|tuoi|tuo|tua) (?:[a-z]{1,14} ){0,2}(?:prompt(?: (?:di sistema|iniziale|originale|completo))?|istruzioni (?:di sistema|iniziali|segrete|nascoste|interne|originali|complete|esatte)|messaggio di sistema|istruzioni)(?! (?:per|su|sul|riguardo) )',
      '(?:mostra|mostrami|dammi|dimmi|rivela|ripeti|stampa|copia|svela)(?: per favore)? (?:il |le )(?:[a-z]{1,14} ){0,1}(?:prompt (?:di sistema|iniziale)|system prompt|messaggio di sistema|istruzioni (?:di sistema|iniziali|nascoste))',
      "(?:qual è|quali sono|che cosa (?:dice|dicono|contiene)|cosa (?:dice|dicono|contiene)|com'è) (?:il |le )?(?:tuo|tue) (?:[a-z]{1,14} ){0,1}(?:prompt(?: (?:di sistema|iniziale))?|istruzioni(?: (?:di sistema|iniziali|originali|segrete|esatte))?|messaggio di sistema)",
      "(?:ripeti|copia|mostra|scrivi|stampa) (?:tutto |letteralmente |parola per parola )?(?:(?:quello|ciò) che (?:precede|sta sopra|c'è sopra|viene prima|è scritto sopra)|(?:tutto )?il testo (?:precedente|sopra|qui sopra))",
    ],
    persona: [
      "(?:sei|agisci come|comportati come|fingi di essere|immagina di essere|interpreta|sarai|rispondi come|diventa|fai finta di essere) (?:ora |adesso |d'ora in poi |da adesso )?(?:[^ .!?;:]{1,16} ){0,6}(?:ia|ai|assistente|chatbot|modello|bot|intelligenza artificiale)(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:senza|nessun[ao]?|liber[oa] da|priv[oa] di|non ha|non segue) (?:[a-z]{1,14} ){0,2}(?:regole|regola|restrizioni|filtri|filtro|limiti|morale| etica|censura|norme|limitazioni|linee guida)",
      '(?:sei|agisci come|sarai|rispondi come) (?:ora |adesso )?(?:[^ .!?;:]{1,16} ){0,3}(?:ia|ai|assistente|chatbot|modello|bot|versione) (?:[a-z]{1,12} )?(?:senza censura|senza filtri|senza restrizioni|non censurat[oa]|senza limiti)',
      '(?:fingi|immagina|supponi|fai finta) (?:di|che) (?:non|tu non) (?:avere|abbia|avessi|ci siano|esistano) (?:[a-z]{1,14} ){0,1}(?:restrizioni|filtri|censura|linee guida|regole)',
      '(?:attiva|entra in|passa alla|avvia)(?: la)? modalità (?:sviluppatore|jailbreak|dan|dio|senza restrizioni|senza filtri|senza censura)',
    ],
  },
);

export const ROMANCE = [...french, ...spanish, ...portuguese, ...italian];
