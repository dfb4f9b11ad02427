import { element } from '../../view/dom';
import { percent } from '../../view/numbers';
import type { BringStrings } from '../english';
import type { Answer, Ask, Scored } from '../session/protocol';

/** Shows an answer as its kind wants: a text, bars, or marks in the text that was asked about. */
export function replyNodes(answer: Answer, ask: Ask, strings: BringStrings): Node[] {
  switch (answer.use) {
    case 'write':
      return [
        element(
          'p',
          { class: 'said', dir: 'auto' },
          element('span', { class: 'given' }, ask.text),
          answer.text,
        ),
      ];
    case 'chat':
    case 'rewrite':
      return [element('p', { class: 'said', dir: 'auto' }, answer.text)];
    case 'fill':
      return answer.places.flatMap((place, at) => [
        ...(answer.places.length > 1 ? [element('h3', {}, strings.placeNumber(at + 1))] : []),
        bars(place, percent),
      ]);
    case 'classify':
      return [bars(answer.scores, percent)];
    case 'compare':
      return [bars(answer.scores, (cosine) => cosine.toFixed(3))];
    case 'tag':
    case 'answer':
      return answer.spans.length === 0 ? [element('p', {}, strings.nothingFound)] : marked(answer, ask.text);
  }
}

/** Amounts with a bar each; what is below nothing has none. */
export function bars(scores: readonly Scored[], show: (score: number) => string): HTMLElement {
  const rows = scores.map(({ label, score, value }) => {
    const amount = score === null ? String(Number((value ?? NaN).toPrecision(4))) : show(score);
    const row = element(
      'li',
      {},
      element('span', { class: 'label', dir: 'auto' }, label === '' ? '∅' : label),
      element('span', { class: 'amount' }, amount),
    );
    row.style.setProperty('--share', Math.min(1, Math.max(0, score ?? 0)).toFixed(4));
    return row;
  });
  return element('ul', { class: 'scores' }, ...rows);
}

/** The text with what was found in it. Of answers the best is marked, and all are listed. */
function marked({ use, spans }: Extract<Answer, { readonly spans: unknown }>, text: string): Node[] {
  const shown = use === 'answer' ? spans.slice(0, 1) : spans;
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const { label, start, end, score } of [...shown].sort((a, b) => a.start - b.start)) {
    if (start < at) continue; // none overlaps another
    const kind = use === 'tag' ? [element('small', {}, `${label} ${percent(score)}`)] : [];
    parts.push(text.slice(at, start), element('mark', {}, text.slice(start, end), ...kind));
    at = end;
  }
  const whole = element('p', { class: 'said marked', dir: 'auto' }, ...parts, text.slice(at));
  return use === 'tag' ? [whole] : [bars(spans, percent), whole];
}
