/** The phrases in Polish and in Russian. */
import { CYRILLIC, LATIN, rows, words } from './phrase.ts';

const PL_ORDERS =
  '(?:instrukcj[eiąaę]|instrukcji|instrukcje|polece(?:nia|ń|nie)|zasad[yę]?|reguł[yę]?|regu[łl]|wytyczn(?:e|ych)|prompt(?:y|u|ów)?|poleceniach|rozkazy|ogranicze(?:nia|ń)|nakazy|dyrektyw[yę]?)';
const PL_EARLIER =
  '(?:poprzedni(?:e|ch|ą|ego|mi)|wcześniejsz(?:e|ych|ymi)|powyższ(?:e|ych|ymi)|dotychczasow(?:e|ych)|pierwotn(?:e|ych)|początkow(?:e|ych)|otrzyman(?:e|ych)|dane|star(?:e|ych))';
const PL_DROP =
  '(?:zignoruj(?:cie)?|ignoruj(?:cie)?|zapomnij(?:cie)? o|pomi(?:ń|ja(?:j|ć))|odrzuć|porzuć|nie (?:przestrzegaj|stosuj się do|słuchaj|zważaj na)|przestań (?:przestrzegać|stosować(?: się do)?)|usuń|skasuj|anuluj|obejdź|zlekceważ|złam)';
const polish = rows(
  'pl',
  LATIN,
  'instrukcj|polece|zasad|regu[łl]|wytyczn|prompt|rozkazy|ogranicz|nakazy|dyrektyw|ignoruj|zapomnij|pomiń|wiadomość|powtórz|przepisz|skopiuj|wypisz|filtr|granic|moralno|etyki|cenzury|limitów|skrupu|tryb',
  {
    override: [
      `${PL_DROP} (?:teraz |proszę |już )?(?:wszystki(?:e|ch|mi) )?(?:swoje |swoich |twoje |twoich |te |tych |moje )?(?:${PL_EARLIER} ${words(1)}${PL_ORDERS}|${words(1)}${PL_ORDERS} (?:${PL_EARLIER}|powyżej|jakie|które|systemow(?:e|ych)|z góry))`,
      `${PL_DROP} (?:teraz |proszę |już )?(?:wszystki(?:e|ch) )?(?:swoje|swoich|twoje|twoich) (?:[a-złß]{1,14} )?${PL_ORDERS}`,
      `(?:zignoruj|zapomnij o?|pomiń) ?(?:o )?(?:wszystk(?:o|im)),? (?:co|o czym) (?:ci|było|jest|napisano|zostało|powiedziano|wcześniej|powyżej|dotąd)`,
      `(?:twoje|wszystkie) (?:${PL_EARLIER} )?(?:instrukcje|zasady|polecenia|wytyczne|ograniczenia) (?:są|zostały|już nie|nie)(?: już| teraz)? (?:nieważne|anulowane|uchylone|zniesione|usunięte|wyłączone|obowiązują|nieaktualne)`,
      `nie (?:jesteś|obowiązują cię) już ${words(2)}(?:związan[ya]|ograniczon[ya])? ?(?:przez )?${words(1)}${PL_ORDERS}`,
    ],
    extraction: [
      '(?:pokaż|podaj|wypisz|wyświetl|ujawnij|powtórz|wydrukuj|napisz|przetłumacz|streść|skopiuj|zacytuj|zdradź|wymień|powiedz|przepisz|prześlij|wklej)(?: (?:mi|nam|proszę|teraz|cał[ąey]|wszystkie|dokładnie|dosłownie|słowo w słowo|treść|pełną|pełny|jakie są|jaki jest)){0,4} (?:swoje|twoje|swój|twój|swoją|twoją|swoich|twoich|swojego|twojego) (?:[a-zł]{1,14} ){0,2}(?:prompt(?:u|y)?(?: systemow[ya](?:ego)?)?|(?:systemow[ya] )?prompt|instrukcje|instrukcji|wytyczne|wytycznych|wiadomość systemową|polecenia systemowe)(?! (?:dla|do|jak) )',
      '(?:pokaż|podaj|wypisz|wyświetl|ujawnij|powtórz|wydrukuj|skopiuj|zdradź)(?: (?:mi|proszę|cały|pełny|dokładny)){0,3} (?:prompt systemowy|systemowy prompt|początkowy prompt|instrukcje systemowe|ukryte instrukcje|początkowe instrukcje)',
      '(?:jaki jest|jakie są|co (?:zawiera|zawierają|mówi|mówią)|jak brzmi|jak brzmią) (?:twój|twoje|swoje) (?:[a-zł]{1,14} ){0,1}(?:prompt(?: systemowy)?|instrukcje|wytyczne|polecenia systemowe)',
      '(?:powtórz|przepisz|skopiuj|wypisz) (?:wszystko|cały tekst|słowa|tekst),? ?(?:co |który |które )?(?:jest |znajduje się |stoi )?(?:powyżej|wyżej|przed (?:tą|tym))',
    ],
    persona: [
      '(?:jesteś|bądź|udawaj(?:,? że jesteś)?|zachowuj się jak|działaj jako|wciel się w|wyobraź sobie,? że jesteś|odpowiadaj jako|graj) (?:teraz |od teraz )?(?:[^ .!?;:]{1,16} ){0,6}(?:ai|si|asystent(?:em|a|ką)?|chatbot(?:em|a)?|model(?:em|u)?|bot(?:em|a)?|sztuczn[aą] inteligencj[aąę])(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:bez|żadnych|woln[yąa] od|pozbawion[yąa]) (?:[a-złß]{1,14} ){0,2}(?:zasad|reguł|ogranicze[nń]|filtr(?:ów|a)|granic|moralności|etyki|cenzury|limitów|skrupułów)',
      '(?:udawaj|wyobraź sobie|załóż|zachowuj się|odpowiadaj)(?: [a-złß]{1,8}){0,3},? (?:że |jakby |jakbyś )?(?:[a-z]{1,8} )?(?:nie (?:masz|miał|miała|ma|było)|bez) (?:[a-złß]{1,14} ){0,1}(?:ogranicze[nń]|filtr(?:ów|a)|cenzury|zasad|wytycznych)',
      '(?:włącz|aktywuj|przejdź w|uruchom) (?:teraz )?tryb (?:programisty|dewelopera|jailbreak|dan|boga|bez ogranicze[nń]|bez cenzury|bez filtr(?:ów|a))',
    ],
  },
);

const RU_ORDERS =
  '(?:инструкци(?:и|й|ю|ями|ям)|правил[ао]?|правилам|указани(?:я|й|ям)|команд[ыу]?|промпт(?:ы|а|ов)?|директив[ыу]?|распоряжени(?:я|й)|ограничени(?:я|й)|предписани(?:я|й)|настройк[иу]|установк[иу]|приказ(?:ы|ов)?|запрет(?:ы|ов))';
const RU_EARLIER =
  '(?:предыдущи(?:е|х|ми)|прошлы(?:е|х)|прежни(?:е|х)|ранее данные|вышеуказанны(?:е|х)|вышеизложенны(?:е|х)|приведенны(?:е|х)|исходны(?:е|х)|первоначальны(?:е|х)|начальны(?:е|х)|стары(?:е|х)|данны(?:е|х) (?:тебе|вам)|полученны(?:е|х)|предшествующи(?:е|х)|системны(?:е|х))';
const RU_DROP =
  '(?:игнорируй(?:те)?|проигнорируй(?:те)?|забудь(?:те)?(?: про| о| об)?|отбрось(?:те)?|отмени(?:те)?|пренебреги(?:те)?|не (?:следуй(?:те)?|соблюдай(?:те)?|выполняй(?:те)?|слушай(?:ся)?|обращай(?:те)? внимания на|учитывай(?:те)?)|перестань(?:те)? (?:следовать|соблюдать|выполнять)|обойди(?:те)?|нарушь|сотри|удали|сбрось(?:те)?)';
const russian = rows('ru', CYRILLIC, '[а-я]', {
  override: [
    `${RU_DROP} (?:пожалуйста |теперь |просто )?(?:все(?:х|ми|м)? |любые |всех )?(?:свои(?:х|м|ми)? |твои |ваши |эти(?:х)? |мои )?(?:${RU_EARLIER} ${words(1)}${RU_ORDERS}|${words(1)}${RU_ORDERS},? (?:выше|которые|данные|что|из системного|разработчик(?:а|ов)))`,
    `${RU_DROP} (?:пожалуйста |теперь |просто )?(?:все(?:х|м)? |любые )?(?:свои(?:х|м|ми)?|твои|ваши) (?:[а-я]{1,16} )?${RU_ORDERS}`,
    '(?:игнорируй(?:те)?|забудь(?:те)?|проигнорируй(?:те)?|отбрось) (?:про |обо? )?(?:вс[её]м?),? (?:что|о ч[её]м) (?:(?:тебе|вам|было|написано|сказано|говорилось|ты|до этого|раньше|ранее|выше|находится|идет) ?){1,3}',
    `(?:твои|все|ваши) (?:${RU_EARLIER} )?(?:инструкции|правила|указания|ограничения|запреты) (?:больше не|отменены|сняты|недействительны|аннулированы|удалены|отключены|теперь не)(?: действуют| имеют силы| действительны| важны)?(?=[.,;:! ]|$)`,
    `ты (?:теперь |отныне )?больше не (?:связан|ограничен|обязан|подчиняешься|скован)[а-я]{0,3} ${words(3)}(?:инструкци|правил|ограничени|указани)[а-я]{0,3}`,
  ],
  extraction: [
    '(?:покажи|выведи|раскрой|повтори|напечатай|напиши|переведи|перескажи|скопируй|процитируй|выдай|назови|сообщи|перечисли|расскажи|озвучь|пришли|дай|распечатай)(?:те)?(?: (?:мне|нам|пожалуйста|сейчас|все|полностью|дословно|слово в слово|точно|текст|содержание|полный|весь|какие|каковы)){0,4} (?:свои|твои|свой|твой|ваши|ваш|своего|твоего|своих|твоих|свою) (?:[а-я]{1,16} ){0,2}(?:промпта?|промт|инструкци[йию]|указани[яй]|системн(?:ый|ое|ую) (?:промпт|промт|сообщение|инструкцию)|системные (?:инструкции|настройки)|скрытые правила|начальные настройки)(?! (?:для|по|о|к) )',
    '(?:покажи|выведи|раскрой|повтори|напечатай|скопируй|выдай)(?:те)?(?: (?:мне|пожалуйста|весь|полный|дословно)){0,3} (?:системн(?:ый|ое) (?:промпт|промт|сообщение)|системные инструкции|начальный промпт|исходный промпт|скрытые инструкции|начальные инструкции)',
    '(?:каков|каковы|какой|какие|что (?:написано|сказано|содержится|говорится) в|что у тебя в) (?:у тебя )?(?:твой|твои|ваш|ваши|твоем|твоих)? ?(?:[а-я]{1,16} )?(?:системн(?:ый|ом|ые|ых) (?:промпт|промт|промпте|инструкции|инструкциях|сообщение)|твои инструкции|твоих инструкциях|исходн(?:ые|ых) инструкции)',
    '(?:повтори|скопируй|выведи|перепиши|процитируй)(?:те)? (?:все|весь текст|слова|текст|дословно все),? ?(?:что |который |которые )?(?:написано |находится |было |идет |стоит )?(?:выше|до этого|перед этим|перед моим|ранее)',
  ],
  persona: [
    '(?:ты|вы|будь|представь,? что ты|притворись|веди себя как|действуй как|отвечай как|стань|сыграй) (?:теперь |отныне |сейчас )?(?:[^ .!?;:]{1,16} ){0,6}(?:ии|ассистент(?:ом)?|чат-?бот(?:ом)?|модель(?:ю)?|бот(?:ом)?|искусственный интеллект|нейросеть(?:ю)?|помощник(?:ом)?)(?: |, )(?:[^ .!?;:]{1,16} ){0,4}(?:без|никаких|свободн[а-я]{2} от|лишенн[а-я]{2}|нет) (?:[а-я]{1,16} ){0,2}(?:правил|ограничений|фильтров|границ|морали|этики|цензуры|запретов|рамок)',
    '(?:представь|притворись|предположи|отвечай|веди себя)(?: [а-я]{1,8}){0,3},? (?:что |будто |как будто )?(?:у тебя |тебя )?(?:нет|без|не существует) (?:[а-я]{1,16} ){0,1}(?:ограничений|фильтров|цензуры|правил|запретов)',
    '(?:включи|активируй|перейди в|запусти)(?:те)? режим (?:разработчика|джейлбрейка?|dan|бога|без (?:ограничений|цензуры|фильтров))',
  ],
});

export const SLAVIC = [...polish, ...russian];
