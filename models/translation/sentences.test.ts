// Where sentences end, by language: `|` stands where one does, and nowhere else.
import { describe, expect, it } from 'vitest';
import { sentencesOf } from './sentences';

const TABLE: Readonly<Record<string, readonly string[]>> = {
  en: [
    'Dr. Smith sees Mr. Jones.|Mrs. Brown does not.',
    'J. R. R. Tolkien wrote it.|C. S. Lewis read it.',
    'J.R.R. Tolkien and George R. R. Martin wrote books.',
    'It costs $3.50.|That is 1.5 times more.',
    'See e.g. Figure 3 or i.e. Table 2.|The rest is clear.',
    'It ended at 5 p.m. on Monday.|We left at 6 p.m. She stayed.'.replace('p.m. She', 'p.m.|She'),
    'He lives in the U.S. with his wife.|The U.S. Army is large.',
    'He came from the U.S.|He stayed.',
    'She asked, “Are you sure?”|Nobody answered.',
    '"Yes!" he said.|"No." She left.'.replace('"No." She', '"No."|She'),
    '(He was late.)|They began without him.',
    'Wait…|Then it rained.',
    'He said... nothing.|Well...|She smiled.',
    'Really?!|Yes.|No!',
    'Prof. Lee, Ph.D. of Yale, spoke.|Then Gen. Grant left.',
    'See No. 5 on p. 12 of vol. 3.|No.|That is wrong.',
    'Apples, pears, etc. were sold.|Nuts, etc.|The rest was kept.',
    'Smith et al. (2020) found it.|Others, too.',
    'Apple Inc. and Google Co. Ltd. agreed.|It paid.',
    'Born Jan. 5 in St. Louis.|He lived on Main St.|The house is gone.',
    'You and I.|We are friends.',
    'Plan B.|It works.',
    'Is that so?|1999 was better.|3 men came.',
    '1. Open the door.|Close it.',
    'Mail jane.doe@example.org or see www.example.org.|Thanks.',
    'We met Lt. Col. Brown vs. Capt. Cook.|Fine.',
    'The end.',
    'no capitals here. none at all.',
  ],
  de: [
    'Am 29. Juli kam Prof. Müller.|Er blieb.',
    'Der 3. Platz ging an die 2. Mannschaft.|Sie jubelte.',
    'Das sind z. B. Äpfel, d. h. Obst.|Es schmeckt.',
    'Das sind z.B. Birnen u.a. Obst.|Sie sind reif.',
    'Dr. med. Schmidt wohnt in der Langen Str. 5.|Hr. Meyer auch.',
    'Er ist 29.|Sie ist 30.',
    'Ludwig XIV. Frankreichs König, starb 1715.|Danach kam ein Kind.',
    '„Komm!“, sagte er.|„Nein.“ Sie ging.'.replace('“ Sie', '“|Sie'),
    '»Wohin?« fragte sie.|»Nach Haus.«|Dann schwieg er.',
    'Es kostet 3.500,50 Euro.|Das ist viel.',
    'Äpfel, Birnen usw. Der Rest blieb.'.replace('usw. Der', 'usw.|Der'),
    'Vgl. Abb. 3 auf S. 12.|Nr. 5 fehlt.',
    'Im Jahr 1990.|Berlin war geteilt.',
    'Im 1. Jh. v. Chr. lebte er.|Man weiß wenig.',
    'Johann S. Bach spielte.|E. T. A. Hoffmann schrieb.',
  ],
  fr: [
    'M. Dupont voit Mme. Durand.|Il sourit.',
    'Où est le Dr. Martin ?|Il est là !|Bien…',
    '« Viens ! » dit-elle.|« Non. »|Il partit.',
    'J. Verne naquit en 1828.|C’est loin.',
    'Pommes, poires, etc. Le reste est vendu.'.replace('etc. Le', 'etc.|Le'),
    'Voir p. 12, fig. 3, art. 5.|Merci.',
    'Né en 52 av. J.-C. à Rome.|Mort en 10 apr. J.-C. Il était vieux.'.replace('J.-C. Il', 'J.-C.|Il'),
    'Il coûte 3,50 € env. Paris est cher.',
    'Par ex. Lyon ou Nice.|L’hiver, il neige.',
  ],
  es: [
    'El Sr. López y la Dra. Ruiz llegan.|¿Quién es?|¡Hola!',
    '¿Qué tal?|¿bien o mal?',
    'Los EE. UU. Es grande.'.replace('UU. Es', 'UU.|Es'),
    'Manzanas, etc. El resto no.'.replace('etc. El', 'etc.|El'),
    'Vea p. ej. Madrid, pág. 5, núm. 3.|Gracias.',
    '—¡Ven! —dijo ella.|—No.|Se fue.',
    'Ud. es amable.|A. Machado murió en 1939.',
    'Cuesta 3.500,50 euros.|Es caro.',
  ],
  it: [
    'Il sig. Rossi e la dott.ssa Bianchi arrivano.|Il prof. Verdi no.',
    'Mele, pere, ecc. Il resto no.'.replace('ecc. Il', 'ecc.|Il'),
    'Vedi pag. 12, art. 3.|Grazie.',
    '«Vieni!» disse.|«No.»|Lui andò via.',
    'G. Verdi nacque nel 1813.|È lontano?|Sì!',
    'P. es. Roma o Milano.|Basta.',
    'S. Pietro è a Roma.|Costa 3,50 euro.',
  ],
  nl: [
    'Dhr. Jansen en mevr. De Vries komen.|Prof. Bakker niet.',
    'Appels, peren enz. De rest niet.'.replace('enz. De', 'enz.|De'),
    'Zie blz. 12, nr. 3.|Dank u.',
    '“Kom!” zei ze.|“Nee.”|Hij ging.',
    'J. P. Coen leefde toen.|Het is lang geleden…|Toch?',
    'Bijv. Utrecht of d.w.z. Holland.|Mooi.',
    'Het kost 3,50 euro.|Dat is veel.',
  ],
  pt: [
    'O Sr. Silva e a Dra. Souza chegaram.|O Prof. Lima não.',
    'Maçãs, peras, etc. O resto não.'.replace('etc. O', 'etc.|O'),
    'Ver pág. 12, art. 3, n. 5.|Obrigado.',
    'Por ex. Lisboa ou p. ex. Porto.|É belo!',
    '«Vem!» disse ela.|«Não.»|Ele saiu.',
    'J. Saramago nasceu em 1922.|Faz tempo?|Sim.',
    'Custa 3.500,50 euros.|É caro.',
  ],
  ru: [
    'А. С. Пушкин родился в г. Москве.|Он умер в 1837 г.|Это было давно.',
    'Проф. Иванов и акад. Петров пришли.|Все ждали.',
    'Яблоки, груши и т. д. Мы ели.'.replace('д. Мы', 'д.|Мы'),
    'См. рис. 3 на с. 12.|Спасибо!',
    '— Иди! — сказал он.|— Нет.|Она ушла.',
    'Он живёт на ул. Ленина, д. 5.|Это близко.',
    'Цена 3,5 тыс. руб. Это дорого.'.replace('руб. Это', 'руб.|Это'),
  ],
  zh: [
    '他来了。|她走了！|真的吗？|好……',
    '“走吧。”他说。|“好！”|大家都笑了。',
    '价格是3.5元。|（太贵了！）|不买。',
    '３．５元。|好',
    '他用GPT-2 v1.5。|很快。',
  ],
  ja: [
    '東京へ行きます。|明日は雨です。|本当ですか？|はい！',
    '「行こう。」と言った。|「うん。」|彼は笑った。',
    '３．５円です。|高い。',
  ],
  hi: ['वह आया।|वह गया।|क्या यह सच है?|हाँ!'],
  ar: ['جاء الرجل.|هل هذا صحيح؟|نعم!'],
  el: ['Ήρθε.|Έφυγε!|Πού είναι;'],
  ko: ['그는 왔다.|정말입니까?|네!'],
  cs: ['Dne 29. července přišel.|Pak odešel.'],
  pl: ['Dnia 3. maja przyszedł.|Potem wyszedł.'],
  '': ['Dr. Smith left.|Prof. Müller came, z.B. Monday.|J. Verne, too.', '3.5 is a number.|So is 4.'],
};

describe.each(Object.entries(TABLE))('%s', (language, lines) => {
  it.each(lines)('%s', (line) => {
    const sentences = line.split('|');
    const glue = /^(zh|ja)$/.test(language) ? '' : ' ';
    expect(sentencesOf(sentences.join(glue), language)).toEqual(sentences);
  });
});

it('has at least eighty lines', () => {
  expect(Object.values(TABLE).flat().length).toBeGreaterThanOrEqual(80);
});

it('keeps every character but the white space between sentences; longer stretches of it, too', () => {
  for (const [language, lines] of Object.entries(TABLE)) {
    for (const line of lines) {
      const text = line.replaceAll('|', '  \u00a0');
      const bare = (some: string): string => some.replace(/\s/g, '');
      for (const eager of [false, true])
        expect(bare(sentencesOf(text, language, { eager }).join(''))).toBe(bare(text));
    }
  }
  expect(sentencesOf('', 'en')).toEqual([]);
  expect(sentencesOf(' One.   Two. ', 'en')).toEqual(['One.', 'Two.']);
});

it('cuts what is too long also in lower case and at pauses, but not at abbreviations', () => {
  const eager = (text: string, language = 'en') => sentencesOf(text, language, { eager: true });
  expect(eager('he saw Dr. Smith; she saw: nothing. they left.')).toEqual([
    ...['he saw Dr. Smith;', 'she saw:', 'nothing.', 'they left.'],
  ]);
  expect(eager('他来了；她走了：好。', 'zh')).toEqual(['他来了；', '她走了：', '好。']);
  expect(eager('แมวนอน หมาวิ่ง', 'th')).toEqual(['แมวนอน', 'หมาวิ่ง']);
});

it.each(['.', 'a.', 'a', '。', '."', ' "'])('takes a million of %j in its stride', (part) => {
  const text = part.repeat(1e6 / part.length);
  const whole = sentencesOf(text, 'en').join('').replace(/\s/g, '');
  expect(whole === text.replace(/\s/g, '')).toBe(true);
});
