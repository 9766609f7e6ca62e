/**
 * Words of many languages for the ideas that injections are made of. A classifier that sees the idea beside the word
 * carries over what it learnt in one language to the next: "ignoriere ... Anweisungen" is to it what "disregard ...
 * rules" is. A word alone says nothing: weights are learnt from examples, the innocent ones included.
 *
 * One string of words for an idea, all languages together. `*` at the end: any word that begins so. Words of scripts
 * without blanks: two or three characters, or one. Case and accents do not matter.
 */
export const VOCABULARY: Readonly<Record<string, string>> = {
  dismiss: `ignor* disregard* forget forgets forgetting forgot overlook* neglect* discard* override overrides overriding
    bypass* circumvent* skip nullify ditto drop erase* wipe cancel* revoke* supersede* overrule* unlearn scrap
    vergiss* vergessen missacht* ubergeh* ausser umgeh* verwirf* verwerfen ignorier* unbeacht* oublie* ignorez
    fais contourn* annul* neglige* olvid* omite omitir descart* desestim* anul* esquece* esqueca* desconsider*
    descarte* dimentic* scord* tralascia* scart* vergeet* negeer* negeren verwaarloos* omzeil* zapomn* pomin*
    zignoruj* zlekcewaz* забуд* игнорир* проигнорир* отбрось* отмени* обойд* пренебрег* unut* gormezden
    yoksay* bosver* atla glom* ignorera* bortse* glem* ignorer* zapomen* ignoruj* zanedbej забуть* ігнору*
    знехту* abaikan lupakan hiraukan phot lo bo quen unohda* sivuut* ohita* ξεχασ* αγνο* παρακαμψ* uita*
    ignora* felejts* hagyd mellozd تجاهل* تجاهلي انس* انسى انسي تغاض* اهمل نادیده فراموش התעלם* תתעלם* שכח*
    תשכח* अनदेखा नजरअंदाज नज़रअंदाज़ भूल भुला उपेक्षा 忽略 无视 忘记 忘掉 無視 忘れ 忽視 不理会 抛开 作废 取り消 무시 잊어 잊고 잊으 ละเ เพิ`,
  order: `instruction* instrucion* instrucc* instruc* instructi* istruzion* instrukc* instrukt* guideline* directive*
    directiv* direttiv* rule rules ruleset command commands commandment* order orders anweisung* vorgab*
    regel* befehl* richtlinie* weisung* auftrag consigne* regle* ordre* regla* orden ordenes indicacion*
    directric* regra* ordem ordens diretriz* orientac* regole regola comand* indicazion* voorschrift*
    opdracht* aanwijzing* polecen* zasad* regul* wytyczn* rozkaz* инструкц* правил* указан* команд*
    распоряжен* директив* talimat* kural* komut* yonerge* emir* pravid* pokyn* prikaz* інструкц* вказівк*
    правила instruksi* aturan perintah petunjuk huong lenh chi ohje* maaray* saanno* οδηγι* κανον* εντολ*
    reguli* utasitas* szabaly* تعليمات* التعليمات اوامر الاوامر قواعد القواعد توجيهات دستور* قوانین הוראות
    ההוראות כללים הכללים פקודות निर्देश* नियम* आदेश* अनुदेश* 指令 指示 规则 規則 命令 要求 规定 指引 ルール 지시 지침 명령 규칙 คำส`,
  prior: `previous* prior above earlier preceding foregoing before beforehand former past initial initially original
    originally preset predefined given vorherig* vorig* bisherig* fruher* obig* vorangegangen* vorstehend*
    ursprunglich* zuvor oben precedent* anterieur* dessus avant initial* prealable anterior* previ* arriba
    inicial* antes acima original* sopra iniziali iniziale originali prima vorige eerder* voorgaand*
    bovenstaand* voorafgaand* oorspronkelijk* hierboven poprzedni* wczesniej* powyzsz* dotychczas* pierwotn*
    предыдущ* прежн* ранее выше* прошл* вышеуказан* изначальн* первоначальн* onceki* yukaridaki* evvel* ilk
    baslangic* tidigare foregaende ovan tidligere forrige ovenfor predchoz* drivejs* vyse puvodn* попередн*
    вище раніше sebelum* diatas terdahulu tren truoc aiemm* edell* ylla προηγουμεν* παραπανω αρχικ* anterioar*
    elozo* korabbi* fenti السابق* سابق* اعلاه المذكورة قبل قبلی بالا הקודמ* קודמ* לעיל לפני पिछल* पूर्व पहले
    उपरोक्त ऊपर 之前 以前 先前 上面 上述 前面 原来 以上 上記 前の 最初 이전 앞의 위의 지금까 ก่อ`,
  all: `all any every everything anything whatever entire whole alle alles jede* samtlich* jeglich* ganze* tous toutes
    tout toute todo todos toda todas tudo qualquer tutto tutti tutte ogni qualsiasi elke wszystk* wszelk*
    kazd* все всё всех любые любой каждый весь butun tum her hepsi tamamen alla allt vsech* vsechn* усі всі
    semua segala seluruh tat moi toate orice minden osszes kaikki ολα ολες ολους كل جميع اي تمام همه כל सभी सब
    सारे 所有 全部 一切 任何 すべて 全て 모든 모두 ทั้`,
  reveal: `reveal* disclose* show shows print prints display* output outputs repeat* recite* expose leak* divulge* dump
    echo copy paste verbatim tell share list write summarize summarise translate paraphrase provide spell
    encode zeig* gib nenne offenbar* verrat* wiederhol* ausgeb* drucke schreib* wortlich teile montre*
    affiche* revele* divulgu* repete* recit* donne imprim* copie* dis muestr* muestrame revel* repit* imprime*
    dime escrib* ensen* mostr* exib* repita* diga* digite mostra* rivel* stampa* ripet* dimmi scriv* elenca
    toon laat onthul* herhaal* geef druk schrijf pokaz* ujawnij* wyswietl* powtorz* wypisz* podaj zdradz*
    napisz покаж* раскро* выведи* вывед* повтор* напечат* напиши* скажи* перечисл* скопируй* goster* acikla*
    yazdir* tekrarla* soyle* ifsa yaz visa avsloja* upprepa* skriv* vis afslor* gentag* zobraz* odhal* vypis*
    zopakuj* ukaz* покажи* розкрий* виведи* tampilkan tunjukkan ulangi ungkapkan sebutkan tiet hien lap nayta
    paljasta toista kerro δειξε* αποκαλυψ* εκτυπωσ* επαναλαβ* arata* dezvalui* repeta* afiseaza mutasd fedd
    ird ismeteld اظهر اعرض اكشف اطبع كرر اكتب اخبرني نمایش نشان بگو تکرار הצג הצגי חשוף הדפס חזור גלה दिखा*
    बता* प्रकट दोहरा* प्रिंट लिखो 显示 输出 打印 告诉 展示 泄露 透露 重复 复述 列出 公开 表示 教えて 出力 見せて 繰り返 開示 暴露 보여 알려 출력 공개 반복 말해
    แสด เปิ`,
  prompt: `prompt prompts preprompt metaprompt preamble configuration config setup vorgabetext eingabeaufforderung invite
    configurac* configurazion* konfigur* промпт* промт* подсказк* istem* kehote προτροπ* البرومبت موجه برومبت
    پرامپت הפרומפט פרומפט प्रॉम्प्ट प्राम्प्ट 提示 提示词 提示語 设定 设置 初始 プロン 設定 프롬프 설정 พรอ`,
  system: `system systems systemprompt systemanweis* systemvorgab* systeme sistem* systemow* систем* systemov* systemet
    järjestelm* jarjestelm* συστημ* he thong النظام نظام سیستم המערכת מערכת सिस्टम 系统 系統 システ 시스템 ระบ`,
  model: `ai chatgpt gpt gpts llm chatbot bot assistant model claude llama gemini openai ki sprachmodell assistent* ia
    assistant* asistent* assistente modello modele modelo asystent* ии ассистент* помощник* модел* нейросет*
    чатбот* yapay zeka asistan* modeli ші asisten tekoaly* τν βοηθ* asszisztens* نموذج مساعد الذكاء הבינה עוזר
    मॉडल असिस्टेंट एआई 模型 助手 人工智 机器人 アシス モデル 어시스 모델 인공지 챗봇`,
  you: `you your yours yourself youre u ur du dein* dir dich ihr sie ihre* ihren vous votre vos toi tu te ton ta tes
    tus usted ustedes voce seu sua seus suas tuo tua tuoi lei vostr* jij je jouw uw ty twoj* twoja twoje ci
    ciebie ты твои* твоя твое вы ваш* вас тебе тебя вам sen senin sana siz sizin dig ditt dina din dine vy tve
    tvuj vas ви твої твій ваші kamu anda mu ban sina sinun εσυ σου σας ti tau tale neked انت لك تو شما אתה שלך
    तुम आप तुम्हार* आपक* अपन* 你 您 你的 あなた お前 너 당신 너의 คุณ`,
  now: `now nowon henceforth onwards onward forward jetzt nun ab sofort fortan desormais maintenant dorenavant partir
    ahora adelante agora diante adesso ora nu voortaan teraz odtad сейчас теперь отныне впредь artik simdi
    itibaren fra nyt alkaen nyni odted тепер відтепер sekarang mulai gio τωρα acum mostantol most الان الآن
    اکنون עכשיו מעכשיו अब 现在 从现在 今から これか 今後 이제 지금 ตอน`,
  new: `new newest updated update replaced neue* nouvel* nouveau nuev* nov* nuov* nieuw* nowe nowy nowa nowych новы*
    новая новые yeni ny nya nye novy nova nove нові baru uusi uudet νεες νεα noi noua uj جديدة جديد جدید חדש*
    नए नया नई 新的 新规 新し 新た 새로 새로운 ใหม`,
  role: `pretend* act acts acting roleplay* role imagine simulate* simulation emulate* impersonate* persona character
    behave become transform hypothetical* fictional spiel* rolle stell* simulier* verhalt* benimm agis joue*
    jouer imagine* simule* comporte* incarn* actua* finge* imagina* simula* comporta* interpreta* papel aja
    atue finja recita* ruolo agisci fingi immagina* doe speel* rol gedraag* zachowuj* udawaj* wciel* wyobraz*
    rola graj* притвор* представь* играй* роль веди действуй* вообрази* симулир* rol* davran* gibi taklit
    canlandir* hayal latsas* agera* spela opfor hraj* predstir* chovej* уяви* вдавай* грай* berpura bertindak
    berperan bayangkan dong vai gia nayttele* esita* kuvittele προσποι* φαντασ* υποδυσ* prefa* joaca*
    imagineaza* tegyel* jatszd viselkedj تظاهر تصرف تخيل دور وانمود נקش העמד תעמיד התנהג דמיין अभिनय नाटक
    भूमिका कल्पना 扮演 假装 想象 角色 充当 模拟 演じ ふりを ロール なりき 척해 연기 역할 가장 상상`,
  free: `unrestricted uncensored unfiltered unlimited limitless unbound* unchained unshackled jailbreak* jailbroken dan
    freed free freely liberat* amoral unethical uninhibited unhinged unmoderated unaligned evil anarchy
    uneingeschrankt* unzensiert* ungefiltert* grenzenlos* frei befreit libre* illimite* debride* libr*
    ilimitad* irrestrit* livre* libero libera illimitat* onbeperkt* ongecensureerd* ongefilterd* vrij
    nieograniczon* nieocenzurowan* wolny неограничен* свободн* джейлбрейк* бесцензур* sinirsiz* sansursuz*
    filtresiz* ozgur* kisitlamasiz obegransad* ocensurerad* fri ubegrenset ubegraenset neomezen* necenzurovan*
    необмежен* вільн* bebas rajoittam* sensuroim* απεριοριστ* ελευθερ* nelimitat* liber* korlatlan* szabad حر
    آزاد חופשי आज़ाद स्वतंत्र 越狱 自由 不受限 无限制 解放 脱獄 自由に 제한없 자유 탈옥`,
  limit: `restriction* limit limits limitation* limited filter* censor* constraint* boundary boundaries safeguard*
    guardrail* ethic* moral* policy policies safety restraint* shackle* inhibition* moderation norms
    einschrankung* beschrankung* grenze* zensur* schranke* ethik* ethisch* sicherheits* schutz* limite*
    filtre* contrainte* ethique* censure* restriccion* restric* filtros censura etic* restrizion* limitazion*
    limiti filtri morale beperking* grenzen filters ethiek censuur ogranicz* filtr* cenzur* etyk* zabezpiecz*
    ограничен* фильтр* цензур* этик* этическ* запрет* kisitlama* sinir* sansur* etik* yasak* begransning*
    begraensning* omezen* обмежен* batasan batas etika gioi han rajoitu* suodatti* περιορισμ* φιλτρ* ηθικ*
    restrict* limitar* korlat* szuro* قيود القيود حدود رقابة اخلاق* محدودیت* הגבל* מגבל* צנזורה प्रतिबंध*
    सीमा* फ़िल्टर फिल्टर सेंसर 限制 约束 过滤 审查 道德 伦理 制限 制約 フィル 倫理 規制 제한 필터 검열 윤리 제약`,
  not: `no not never without dont don cannot neither nor none nicht nie niemals kein* ohne ne pas jamais sans aucun*
    sin nunca jamas ningun* nao sem nenhum* non mai senza nessun* niet nooit geen zonder nigdy bez zadn* не
    нет никогда без никак* нельзя degil asla hic olmadan olmaksizin inte aldrig utan ikke aldri uden uten
    nikdy ні ніколи jangan tidak tanpa khong dung ala alka ei ilman μην δεν ποτε χωρις fara niciodata soha
    nelkul لا لن ليس بدون دون نه לא אל ללא בלי אף नहीं मत कभी बिना 不 不要 没有 不能 不得 别 しない ない なし 않 없이 말고 하지마 마라
    ไม่ อย่`,
  ban: `illegal immoral harmful dangerous offensive inappropriate explicit nsfw profan* swear* curse forbidden
    controversial hate violent illegal* unmoralisch gefahrlich* schadlich* verboten* anstossig* illegaux
    dangereu* immoral* interdit* ilegal* inmoral* peligros* danin* ofensiv* proibid* perigos* prohibid*
    pericolos* dannos* vietat* onwettig* schadelijk* gevaarlijk* nielegaln* szkodliw* niebezpieczn* незаконн*
    опасн* вредн* аморальн* запрещ* yasadisi zararli tehlikeli olaglig* skadlig* ulovlig* skadelig* nelegaln*
    skodliv* шкідлив* ilegal berbahaya laiton* haitallis* παρανομ* επικινδυν* illegalis veszelyes ضار خطير
    غیرقانونی מסוכן अवैध हानिकारक गैरकानूनी 非法 违法 有害 不道德 违禁 違法 非倫理 有害な 불법 유해 비윤리`,
  refuse: `refuse* refusal decline* apolog* sorry warn warning* disclaimer* caveat* object deny denies unable lecture*
    moraliz* comply complies verweiger* ablehn* entschuldig* warnung* weiger* refus* excus* avertis* rechaz*
    nieg* disculp* advertenc* recus* desculp* avis* rifiut* scus* avvertenz* excuses waarschuw* odmawia*
    odmow* przepras* ostrzezen* отказ* отказыв* извин* предупрежд* reddet* ozur uyari* vagra* ursakt* nekt*
    undskyld* odmit* omlouv* варн* відмов* menolak maaf peringatan kieltayd* pahoittel* αρν* συγγν* refuz*
    scuz* elutasit* ترفض رفض اعتذار تحذير סירוב תסרב माफी चेतावनी मना इनकार 拒绝 抱歉 警告 道歉 拒否 謝罪 断る 거부 거절 사과 경고`,
  obey: `obey* follow adhere abide bound listen fulfil* execute gehorch* befolg* folge* halte obei* suis suivre
    respect* execut* obedec* sig* cumpl* siga* cumpra* obbed* segui* esegu* gehoorza* volg* uitvoer*
    przestrzega* wykonaj* wykonuj* sluchaj* stosuj* подчин* следуй* следовать выполн* соблюда* слушай* uy
    itaat yerine uygula* folj* lyd* adlyd* poslouchej* rid* slidu* викон* дотрим* patuhi ikuti jalankan tuan
    theo tottele* noudata* υπακου* ακολουθ* asculta* urmeaza* engedelmeskedj kovesd اتبع اطع نفذ التزم پیروی
    اطاعت ציית מלא पालन मानो अनुसरण 遵守 服从 遵循 执行 听从 従う 従って 実行 守る 따르 따라 복종 수행`,
  secret: `secret* password* passphrase confidential hidden private credential* key keys token internal classified
    geheim* passwort vertraulich* intern* verborgen* confidentiel* caché cachee* secret contrasena*
    confidencial* ocult* secreto clave senha segredo* sigilos* segret* nascost* riservat* wachtwoord geheime
    verborgen tajn* hasl* ukryt* poufn* секрет* парол* скрыт* конфиденц* тайн* gizli* parola* sifre* hemlig*
    losenord skjult* hemmelig* hesl* skryt* секретн* прихован* rahasia tersembunyi mat khau bi salasana salai*
    μυστικ* κρυφ* ascuns* titk* jelszo* سر سرية سري كلمة مخفي رمز محرمانه סוד* סיסמ* गुप्त पासवर्ड छिपे 秘密 密码
    机密 隐藏 内部 密碼 秘匿 隠し パスワ 内部の 비밀 암호 숨겨 내부 기밀`,
  say: `say says saying answer* respond* reply replies response* state antwort* sag sage* erwider* repond* dire
    réponse* responde* decir di digas respuest* dizer resposta* rispond* dici rispost* antwoord* zeg*
    odpowiad* odpowiedz* powiedz* mow отвеча* ответ* говори* cevap* yanit* de svara* svar* sig odpovid*
    odpovez* rekni відповід* jawab katakan tra loi vastaa* sano απαντ* πες raspund* spune* valaszolj* mondd
    اجب قل رد جواب ענה השב אמור תענה जवाब उत्तर कहो बोलो 回答 回复 说 回应 答え 回答し 言って 返答 대답 답변 응답 답해`,
  text: `conversation* chat message* context text words sentence* line lines dialog* input transcript gesprach*
    nachricht* unterhaltung kontext texte* mensaje* contexto conversacion texto mensag* conversa* messaggi*
    contesto conversazion* testo bericht* gesprek tekst wiadomosc* rozmow* kontekst сообщен* разговор* текст*
    диалог* контекст* konusma* mesaj* metin samtal* meddeland* zprav* rozhovor* повідомл* розмов* pesan
    percakapan van tin viesti* keskustel* μηνυμα* συνομιλ* κειμεν* uzenet* beszelget* المحادثة نص رسالة متن
    پیام שיחה טקסט הודעה बातचीत संदेश पाठ 对话 文本 内容 消息 上下文 会话 会話 文章 メッセ 대화 메시지 문장 내용`,
  instead: `instead rather but however only just simply stattdessen nur sondern lieber plutot seulement lugar vez solo
    solamente sino apenas somente invece soltanto alleen enkel zamiast tylko jedynie вместо только лишь просто
    sadece yalnizca istallet bara endast stedet kun pouze jen misto замість лише тільки sebaliknya hanya thay
    sijaan vain αντι μονο schimb doar helyett csak بدلا فقط במקום רק बजाय केवल सिर्फ बस 而是 只 改为 仅 代わり だけ 대신 오직
    만`,
  admin: `developer* admin administrator* root sudo engineer* creator creators owner authorized authorised debug*
    maintenance diagnostic test testing verification audit entwickler* schopfer wartung* betreiber
    desarrollador* creador desenvolvedor* criador administrador* sviluppator* amministrator* creatore
    ontwikkelaar* beheerder* deweloper* tworc* разработчик* администратор* создател* отлад* gelistirici*
    yonetici* yaratici* utvecklare* udvikler* vyvojar* spravce розробник* адмін* pengembang quan tri nha
    kehittaj* προγραμματιστ* dezvoltator* fejleszto* مطور المطور مسؤول מפתח מנהל डेवलपर एडमिन व्यवस्थापक 开发者
    管理员 开发人 测试 调试 開発者 管理者 デバッ 개발자 관리자 디버그 테스트`,
  mode: `mode modus modo modalita tryb* режим* mod modu rezim* mód tila λειτουργ* وضع الوضع حالت מצב मोड 模式 モード 모드 โหม`,
  end: `stop stops end ended ends over halt finish* begin* start* ende beginn* aufhor* arrete* fin commence* detener
    deja* termin* comenz* pare* encerr* comec* fine fermati smett* inizi* einde koniec przestan* rozpoczn*
    zacznij* конец прекрат* хватит начн* dur birak* basla* son slut* sluta stopp* konec prestan* кінець
    припин* berhenti selesai mulailah lopeta* aloita* σταματ* αρχισ* opreste* incep* kezd* توقف انتهى ابدا
    پایان עצור סוף התחל रोको बंद शुरू समाप्त 停止 结束 开始 終了 停止し 開始 중지 종료 그만 시작`,
  true: `real actual actually true truth task important urgent attention notice wichtig achtung eigentlich* wirklich*
    aufgabe importan* vrai* tache reale tarea atencion verdader* tarefa atencao verdadeir* compito attenzione
    vero belangrijk* taak echte wazne zadanie prawdziw* uwaga важно* внимани* задач* задани* настоящ* onemli
    gorev dikkat gercek* viktigt uppgift vigtig* opgave dulezit* ukol важлив* завданн* penting tugas nhiem
    tarkea* tehtava* σημαντικ* εργασια sarcin* fontos feladat مهم مهمة انتبه وظیفه חשוב משימה महत्वपूर्ण ध्यान
    कार्य असली 重要 任务 注意 真正 紧急 タスク 重要な 本当 중요 작업 진짜 주의`,
};
