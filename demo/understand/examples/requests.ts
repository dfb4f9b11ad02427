/** What guests ask of a small hotel: sentences of our own, in which names are marked by hand. */
import { wordsOf } from '../words';

/** A name is in brackets, behind what it is of. Persons and places have proper names; times tell when; amounts are a number with what it counts. */
const SENTENCES = `
[person Mrs Hale] arrives on [time Friday] with [amount two children].
Please keep the room for [person Mr Olsen] until [time six o'clock].
We come from [place Malden] and need a taxi at [time noon].
[person Anna Berg] wants to stay [amount three nights] in [time May].
How far is it from [place York] to your house?
My husband left his watch there on [time Sunday].
[person Peter] paid [amount forty dollars] for the boat.
Our train from [place London] is due at [time nine in the evening].
Can you send the bill to [person Doctor Wells] in [place Oxford]?
We would like [amount one large room] and [amount two small rooms].
[person Miss Grant] will call again [time tomorrow morning].
Is there a bus to [place Harwich] on [time Saturday]?
[person The Browns] ask for a table for [amount six people].
I shall bring [person Tom] and his sister [person Kate].
The key of [person Mr Adams] is still in [place Boston].
[person Lucy] would like breakfast at [time seven].
We walked from [place Lake Orla] to the house in [amount two hours].
Did [person Helen Moore] find her ring?
It costs [amount ten dollars] a night, does it not?
A letter from [place Vienna] came for [person Captain Reed].
[person Sarah] and [person Paul] leave on [time Monday].
We hope to be in [place Dover] before [time midnight].
Please wake [person Lord Ashby] at [time half past five].
There are [amount four of us], and we have [amount three bags].
[person Mr Novak] drove here from [place Prague] in [time June].
Could [person Emma] have her tea in the garden on [time Tuesday]?
The concert in [place Bath] begins at [time eight].
I need the room from [time the third of July].
[person Henry Stone] owes us [amount twelve dollars].
They moved to [place Chicago] in [time 1952].
[person Mrs Lang] and her dog stay for [amount one week].
We met [person Professor Klein] in [place Geneva] [time last winter].
Please give [amount five dollars] to the porter.
[person Robert] will be late: his car broke down near [place Reading].
The mail comes at [time ten], and again at [time four].
[person Alice Cole] plays the piano on [time Thursday evening].
Nobody came to meet us in [place Salem].
Is [person Mr Ford] with you, or has he gone to [place Paris]?
We are [amount eleven adults] and [amount nine children].
[person Jane] lost a glove on the road to [place Kent].
My mother arrives [time next Wednesday] at [time three in the afternoon].
I sent [amount thirty dollars] with [person David].
The ferry from [place Ostend] was [amount two hours] late.
Tell [person Martha] that we leave [place Rome] [time tonight].
[person Mr and Mrs Park] want a room with a view.
We were there in [time August] and loved it.
Have you heard from [person Frank] in [place Denver]?
A room for [amount two nights] is all that we need.
[person George Hill] forgot his hat on [time Easter Monday].
From [place Berlin] it is [amount a day] by train.
[person Aunt Clara] cannot eat fish.
We shall be back by [time the end of April].
Please book [amount three seats] to [place Madrid].
[person Oliver] turns [amount twelve years] old on [time Friday].
The road to [place Milton] is closed until [time March].
Did [person Miss Bell] pay the [amount sixty dollars]?
[person John] comes alone from [place Leeds].
Our friends in [place Dublin] told us of your house.
I would rather come in [time the autumn].
[person Mr Singh] needs [amount two keys].
The doctor from [place Exeter] saw [person Ruth] at [time noon].
We stayed [amount ten days] in [place Naples].
[person Mary Ann] asks if the pool is open in [time October].
Lunch at [time one] for [amount eight], please.
[person Mr Dean] writes from [place Ohio].
He left [amount a hundred dollars] in the safe.
[person Susan] would like to ride [time tomorrow].
Which road goes to [place Windsor]?
[person Edward Lee] has not been here since [time 1948].
We can be there in [amount an hour].
Please move [person the Carters] to the top floor on [time Sunday night].
[person Max] ate [amount five eggs].
A friend of [person Mrs Young] comes from [place Texas] in [time September].
The guide meets you in [place Luton] at [time a quarter to nine].
[person Nora] and the baby sleep until [time eight].
It rained for [amount six days] in [place Wales].
Who is [person Mr Burton], and when did he come?
Please have the car ready at [time five on Saturday].
[person Walter] swam across [place Lake Orla] [time yesterday].
We gave [amount twenty dollars] to the man from [place Hull].
[person Grace Allen] was born in [place Cork].
The price was [amount nine dollars] in [time spring].
[person Victor] leaves for [place Athens] on [time the first of the month].
She has [amount seven suitcases] and a bird.
[person Miss Taylor] waits for you in [place Norwich].
Will there be snow in [time January]?
[person Daniel] and I were at school in [place Essex].
Can [person Mrs Dale] come [amount two days] earlier?
The train to [place Brighton] leaves at [time ten past four].
[person Simon] broke [amount three glasses] [time last night].
We want to see [place Canterbury] on [time Wednesday].
[person Mr Hunt] is to have the small room.
I was told it is [amount fifty miles] to [place Derby].
[person Julia] paid in [time February], I believe.
Keep [amount one bed] for [person Uncle Joe].
There is a fair in [place Stratford] [time every summer].
[person Dr Nash] asked for [amount four pillows].
We came by [place Calais], which took [amount two days].
[person Emily] has a cold and stays in bed [time today].
Nothing is open in [place Lincoln] on [time Sundays].
[person Philip West] wants to hire [amount two horses].
Please tell the cook that [person Lady Hart] dines at [time nine].
The bill was [amount eighty dollars], not [amount ninety].
[person Kate] sends her love from [place Venice].
We shall need the hall on [time the tenth of December].
[person Mr Quinn] sold his house in [place Bristol].
My brother stays in [place Durham] until [time Thursday].
[person Ellen] is afraid of the stairs.
They drove [amount three hundred miles] to see you.
[person Arthur Page] was here for [amount a month] in [time 1955].
Could we have dinner at [time half past seven]?
[person Mrs Fox] brings [amount two cats] from [place Turin].
The boat for [place Jersey] does not sail in [time November].
[person Rose] will sing for the guests [time on New Year's Eve].
I paid the driver nothing at all.
The parcel from [place Zurich] weighs [amount ten pounds].
[person Leo] wants [amount two lumps] of sugar.
You promised us a quiet room [time in March].
[person Mr Blake] and [person Miss Stern] marry in [place Chester] in [time June].
There was no letter for [person Barbara].
We ride to [place Ashford] at [time dawn].
[person Charles] knows the way to [place Plymouth].
[person Mr Carr] will be here on [time Tuesday morning].
May [person Sophia] stay [amount one night] more?
We are coming from [place Glasgow] by car.
The room of [person Mrs Wood] has no lamp.
Please call us at [time six] on [time Friday].
[person Jack] found [amount fifteen dollars] under the bed.
My cousin [person Laura Finch] lives in [place Toronto].
We were in [place Florence] [time last spring].
Is [person Miss Page] back from [place Salem]?
[amount Five of us] would like to fish [time on Thursday].
[person Andrew] asked for [amount two towels] and soap.
The bus from [place Preston] stops here at [time noon].
I have owed you [amount six dollars] since [time May].
[person Mr and Mrs Brook] leave for [place Lisbon] [time tomorrow].
Has [person Nancy] gone to [place Cambridge]?
It took [amount three hours] to get here from [place Hastings].
[person Olive Hunter] would like a bath at [time nine].
Please keep [amount four seats] by the window.
[person Ben] and [person Alice] met in [place Cairo] in [time 1949].
Dinner is at [time eight], is it not, [person Mr Marsh]?
I come every [time Wednesday] from [place Newport].
[person Mrs Ross] gave the maid [amount two dollars].
There is no train to [place Warwick] after [time ten at night].
We want to marry in [place Amalfi] in [time September].
[person Thomas Gray] has a room from [time Monday] to [time Friday].
The children saw [amount seven ships] at [place Southport].
[person Irene] is [amount eighty years] old [time today].
Please send [person Doctor Shaw] to the top floor.
[place Hamburg] was cold in [time February].
Our car is in [place Bedford], and [person Luke] has the key.
I ordered [amount three bottles] of wine for [time Saturday].
[person Miss Lowe] called [amount two times] [time this morning].
We left [place Stockholm] on [time the fifth of June].
Could [person Mr Perry] lend us [amount a dollar]?
[person Hannah] waits at the bridge since [time four].
The walk to [place Mount Tabor] takes [amount four hours].
[person Captain Drake] sails for [place Malta] in [time April].
We know nobody in [place Cardiff].
[person Stella] wrote to you in [time July] about [amount one double room].
Will [person Mr Abbott] take [amount fifty dollars] for the horse?
From [time Monday] on we shall be in [place Granada].
[person Roger] slept until [time eleven].
Please ask [person Miss Dunn] if she saw my gloves.
A man from [place Detroit] left [amount a thousand dollars] here.
[person Violet] paints the lake every [time evening].
We met [amount twenty people] on the road to [place Arden].
Is there a doctor in [place Farley] on [time Sunday]?
[person Mr Ingram] and his son arrive at [time midnight].
The wedding of [person Rachel] and [person Mark] is on [time the ninth].
I was born here in [time 1921], said [person old Mrs Webb].
`;

/** Words and their tags, a word a line, as CoNLL has them. */
function tagged(line: string): string {
  const rows: string[] = [];
  for (const [, kind, name, plain] of line.matchAll(/\[(\w+) ([^\]]+)\]|([^[]+)/g)) {
    const text = name ?? plain;
    wordsOf(text).forEach(({ start, end }, i) =>
      rows.push(`${text.slice(start, end)}\t${kind ? `${i === 0 ? 'B' : 'I'}-${kind}` : 'O'}`),
    );
  }
  return rows.join('\n');
}

/** The sentences in CoNLL's form, with blank lines between. */
export const requests = (): string => SENTENCES.trim().split('\n').map(tagged).join('\n\n');
