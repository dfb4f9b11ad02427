/** What guests of a small hotel write to it: sentences of our own, each with what its writer wants. */

import type { Groups } from '../session/protocol';

const PRAISE = `
The staff were kind and helped us with everything.
Thank you for a wonderful week by the sea.
Breakfast was the best we have had in years.
The bed was so comfortable that we slept until noon.
Our room was bright, clean and very quiet.
Please thank the cook for the beautiful cake.
We loved the garden and the view of the lake.
What a lovely old house, and what friendly people.
The young man at the desk could not have been more helpful.
Everything was perfect from the first day to the last.
The children still talk about the pool.
You made my mother's birthday a great joy.
The new bathroom is beautiful.
Dinner was excellent, and the wine even better.
I have never felt so welcome in a hotel.
The room was warm when we came in from the snow.
It was a pleasure to wake up to that view.
Your driver waited for us although our train was late.
The soup on Friday was simply delicious.
We will come back next summer, and bring our friends.
Thank you for finding my watch so quickly.
The towels were soft and fresh every day.
A quiet place with a fine library, just what we needed.
The maid left flowers on the table, how kind of her.
Good coffee, good bread and a smile every morning.
The walk along the river that you suggested was wonderful.
Our daughter loved the little boat.
The house is even more beautiful than in the pictures.
You gave us a better room at no cost, thank you.
The music on Saturday evening was a great delight.
Such clean rooms are rare at this price.
The waiter remembered what we like, and that made us happy.
We enjoyed every minute of our stay.
The fire in the hall made a cold day pleasant.
I slept better here than at home.
Many thanks to the lady who looked after our son.
The fish was fresh and the service was quick.
It is the finest small hotel on the coast.
We were very happy with the large room on the top floor.
You thought of everything, even of our dog.
Thanks to your advice we saw the old town at its best.
The porter carried all our bags with a smile.
The terrace in the evening light is a dream.
My wife and I had a most pleasant time.
The lunch that you packed for us was splendid.
Everyone was friendly, and nobody was ever in a hurry.
The water in the pool was warm and clear.
Great value, and a great place for children.
The pillows are the best that I know.
We are grateful for your help when our car broke down.
The tea in the garden was a lovely surprise.
A charming room with fresh flowers and good books.
The manager himself showed us the house, which was very kind.
We have told all our neighbors how good it was.
The service was excellent throughout.
It was so peaceful that we stayed two days longer.
Your apple cake deserves a prize.
The night porter was very patient with us.
Clean sheets, a fine shower and a wonderful breakfast.
We felt at home from the very first hour.
The view from the balcony is worth the journey alone.
Thank you for the extra blankets and the hot milk.
The gardens are a joy in spring.
I was delighted with the quiet of the place.
The cook made a special meal for our little boy, thank you.
Wonderful people, wonderful food, wonderful weather.
`;

const COMPLAINT = `
The room was cold and the heating did not work.
There was no hot water on both mornings.
We waited an hour for dinner, and then it was cold.
The people above us made noise all night.
My bed was hard and far too short.
The bathroom was dirty when we arrived.
Nobody answered the telephone although I called five times.
The man at the desk was rude to my wife.
You charged us twice for the same breakfast.
The window does not close, and the rain came in.
Our room smelled of smoke from the first day.
The soup was salty and the bread was old.
I found hair in the bath, which is disgusting.
The lift was broken for the whole week.
We paid for a view of the sea and got a wall.
The music from the bar kept us awake until three.
The towels were wet and had stains on them.
Nobody cleaned our room for two days.
The bill was wrong, and nobody wanted to hear about it.
My suitcase was left out in the rain.
The lamp by the bed has been broken since Monday.
The pool was closed, which you did not tell us.
Breakfast was poor, and the coffee was cold.
The walls are so thin that we heard every word.
I am very disappointed with the service.
Your driver came late, and we missed our train.
There were insects in the kitchen of our apartment.
The waiter forgot our order and never said sorry.
The door of the wardrobe fell on my foot.
We asked for a quiet room and got one over the street.
The sheets were not changed, and there was sand in the bed.
The meat was tough and the vegetables were burned.
The toilet did not work, and it took a day to repair it.
Somebody took my coat from the hall, and you do nothing about it.
The price was much higher than what you had promised.
It was so hot in the room that nobody could sleep.
The shower was cold again this morning.
The carpet is old, dirty and full of holes.
The staff were slow and unfriendly.
We were given the wrong room and had to move at midnight.
The garden looked like a field of weeds.
The radio next door was loud until morning.
Our key did not fit, and we stood in the rain for an hour.
The fish smelled bad, and my son was ill afterwards.
The balcony was dirty and the chairs were broken.
You lost my reservation and sent us away.
The dogs in the yard barked all night.
I have never had such a bad night in a hotel.
The tea was weak, the eggs were raw and the butter was missing.
The light in the hall goes on and off all night.
The maid woke us at six in the morning.
A pipe leaked, and all our clothes got wet.
The pillows were flat and smelled of dust.
It is a shame how you treat old guests.
The parking lot was full, and my car was damaged in the street.
The telephone in our room was dead.
We were promised a cot for the baby, and there was none.
The dining room was cold, crowded and noisy.
The water from the tap was brown.
Nobody told us that the kitchen closes at eight.
The whole stay was a waste of money.
The curtains do not close, and the street lamp shone on my bed.
They were building next door from seven in the morning.
The drawers were full of somebody's old papers.
I want my money back for the first night.
The steak was cold, and so was the welcome.
`;

const QUESTION = `
Do you have a room for two nights in May?
What time is breakfast on Sundays?
Is there a train from the airport to the town?
Could you tell me whether dogs are allowed?
How far is it to the beach?
I would like to know the price of a double room.
May we arrive after midnight?
Is the pool open in October?
Please tell me if you have rooms with a view of the lake.
Can I pay by check?
Do your rooms have a desk to work at?
Where can we leave the car?
When do we have to leave the room on the last day?
Would it be possible to have a late lunch on Saturday?
Is there a doctor in the village?
We wonder whether a fourth bed fits in the room.
Can you send a driver to the station at nine?
How many people can sit in the large hall?
Do you still have rooms for the weekend of the fair?
What does a child of six pay?
Is it possible to rent a boat for the afternoon?
Could we have two rooms next to each other?
Which bus goes to the old town?
Are there quiet rooms on the garden side?
Please let me know how much a week in August would cost.
Is the kitchen able to cook without milk?
Can we borrow skis in the house?
Does the price include dinner?
May I bring my own wine?
Would you keep our bags until the evening?
At what time does the last ferry leave?
I should like to ask if the rooms have a bath.
Is there a market in the town on Fridays?
Do you speak Spanish?
Can my mother reach the dining room without stairs?
How do we get from the harbor to the hotel?
Will there be snow at Easter?
Could somebody meet us with a wheelchair?
Do we need to reserve a table for dinner?
Have you got a cot for a baby of eight months?
What is the telephone number of the taxi company?
Is the museum open on Mondays?
Could you tell us the name of a good restaurant nearby?
Are the rooms heated in November?
May we change our reservation to the following week?
Who can repair a flat tire in the town?
Is there a church with a service in English?
I would be glad to know whether the garden is open to visitors.
Can one swim in the lake in June?
How long does the walk around the lake take?
Do you offer half board?
Where is the nearest bank?
Would you have a room on the ground floor?
Is there a place to dry wet clothes?
Could we see the room before we decide?
When does the season begin?
Do you take groups of thirty people?
Please tell us what we should bring for the children.
Is a deposit necessary, and how much is it?
What can one do there when it rains?
Can the cook prepare a cake for Tuesday?
Are there horses that beginners can ride?
May our friends join us for dinner?
Could you hold the room until Thursday?
Does the bus run on holidays?
I wonder if you have a piano that one may play.
`;

const SENTENCES = { praise: PRAISE, complaint: COMPLAINT, question: QUESTION } as const;

/** The classes in turn. */
function rows(): { readonly label: string; readonly text: string }[] {
  const columns = Object.entries(SENTENCES).map(([label, lines]) =>
    lines
      .trim()
      .split('\n')
      .map((text) => ({ label, text })),
  );
  return columns[0].flatMap((_, i) => columns.map((column) => column[i]));
}

/** A table of class, tab and sentence. */
export const guests = (): string =>
  ['label\ttext', ...rows().map(({ label, text }) => `${label}\t${text}`)].join('\n');

/** Which class each sentence is of, as its writer meant it. */
export function meant(): Groups {
  const labels = Object.keys(SENTENCES);
  return { labels, of: rows().map(({ label }) => labels.indexOf(label)) };
}

/** The sentences alone, one a line. */
export const messages = (): string =>
  rows()
    .map(({ text }) => text)
    .join('\n');
