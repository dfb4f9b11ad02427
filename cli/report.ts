import type { TranslationEvent, TranslationTrainingResult } from '../models/translation/index';
import { duration, durationInWords, type ProgressDisplay } from './progress';

/** Validation pairs that are shown with every evaluation. */
const SHOWN = 3;
/** … as far as so many characters. */
const WIDTH = 120;
const NAMES: Readonly<Record<string, string>> = { bleu: 'BLEU', chrf: 'chrF2', per: 'PER', wer: 'WER' };
const PERCENT = new Set(['per', 'wer']);

const nameOf = (metric: string): string => NAMES[metric] ?? metric;

/** `BLEU 21.3  chrF2 40.1`. */
export function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${nameOf(name)} ${value.toFixed(2)}${PERCENT.has(name) ? ' %' : ''}`)
    .join('  ');
}

/** Tells in a terminal what a training does. */
export class TrainingReport {
  readonly #display: ProgressDisplay;
  readonly #begun = performance.now();
  #steps = 0;
  #from = 0;
  /** Of sources and targets, without padding. */
  #tokens = 0;
  #loss: number | null = null;
  #stepMs: number | null = null;
  #scored = '';

  constructor(display: ProgressDisplay) {
    this.#display = display;
  }

  show(event: TranslationEvent): void {
    switch (event.kind) {
      case 'progress':
        if (event.total) this.#display.show(LABELS[event.phase], event.done, event.total);
        break;
      case 'ready':
        this.#ready(event);
        break;
      case 'steps':
        this.#step(event);
        break;
      case 'evaluation': {
        const { step, loss, metrics, best, by, samples } = event;
        this.#scored = metricsText(metrics);
        const validation = Number.isNaN(loss) ? '' : `  validation loss ${loss.toFixed(4)}`;
        this.#display.tell(
          `step ${step}${validation}  ${this.#scored}${best ? `  best so far by ${nameOf(by)}` : ''}`,
        );
        for (const { source, target, translation } of samples.slice(0, SHOWN)) {
          this.#display.tell(`    ${clip(source)}\n    → ${clip(translation)}\n    = ${clip(target)}`);
        }
        break;
      }
      case 'average': {
        const { of, metrics, best, by } = event;
        const which = best ? `  best by ${nameOf(by)}` : '';
        this.#display.tell(`mean of the last ${of}: ${metricsText(metrics)}${which}`);
        break;
      }
      case 'test':
        this.#display.tell(`test, ${event.pairs} pairs, beam search: ${metricsText(event.metrics)}`);
        break;
      case 'recovered':
        this.#display.tell(`the device was lost; going on from step ${event.step}`);
        break;
      case 'checkpoint':
      case 'paused':
      case 'resumed':
        break;
    }
  }

  #ready({ step, report, settings, parameters }: Extract<TranslationEvent, { kind: 'ready' }>): void {
    const { train, validation, test, tooLong, empty, vocabulary, paddingShare, shapes, batchesPerEpoch } =
      report;
    this.#steps = settings.run.steps;
    this.#from = step;
    const left = [
      tooLong > 0 ? `${tooLong} longer than ${settings.maxLength} tokens` : '',
      empty > 0 ? `${empty} empty` : '',
    ].filter((part) => part !== '');
    this.#display.tell(
      `${train} pairs to train on${left.length > 0 ? ` (left out: ${left.join(', ')})` : ''}, ${validation} to watch by, ${test} for the test`,
    );
    const tokens =
      vocabulary[0] === vocabulary[1] ? `${vocabulary[0]}` : `${vocabulary[0]} and ${vocabulary[1]}`;
    this.#display.tell(
      `${(parameters / 1e6).toFixed(2)} million weights, ${tokens} tokens; ${batchesPerEpoch} batches an epoch in ${shapes} shapes, ${(100 * paddingShare).toFixed(1)} % padding`,
    );
    if (step > 0) this.#display.tell(`going on from step ${step}`);
  }

  #step({ reports, tokensPerSecond, stepMilliseconds }: Extract<TranslationEvent, { kind: 'steps' }>): void {
    for (const { loss, tokens } of reports) {
      this.#loss = this.#loss === null ? loss : 0.95 * this.#loss + 0.05 * loss;
      this.#tokens += tokens;
    }
    const ms = stepMilliseconds;
    this.#stepMs = this.#stepMs === null ? ms : 0.9 * this.#stepMs + 0.1 * ms;
    const { index, lr } = reports[reports.length - 1];
    const text = [
      `loss ${this.#loss!.toFixed(4)}`,
      `lr ${lr.toExponential(2)}`,
      `${Math.round(tokensPerSecond)} tokens/s`,
      `ETA ${duration((this.#steps - index - 1) * this.#stepMs)}`,
      this.#scored,
    ];
    this.#display.show('train', index + 1, this.#steps, text.filter((part) => part !== '').join('  '));
  }

  /** `better`: these weights went to `out`; else it keeps those of an earlier session. */
  end(
    { reason, step, chosen, chosenBy, metrics, best }: TranslationTrainingResult,
    out: string,
    better: boolean,
  ): void {
    const why = {
      finished: 'Finished',
      aborted: 'Interrupted',
      'early stop': 'Stopped, as nothing got better,',
    }[reason];
    const which = {
      best: 'the best evaluation',
      average: 'the mean of the last evaluations',
      last: 'the last step',
    }[chosen];
    const scores = metrics ? `: ${metricsText(metrics)}` : '';
    const by = chosenBy === null ? '' : ` by ${nameOf(chosenBy)}`;
    const what = better ? `${which}${by}${scores}` : `step ${best!.step}, still the best`;
    this.#display.tell(`${why} at step ${step} ${this.#spent()}. ${out} has the weights of ${what}.`);
  }

  /** What a record of the run needs. */
  #spent(): string {
    const time = durationInWords(performance.now() - this.#begun);
    const tokens =
      this.#tokens < 1e6 ? this.#tokens.toLocaleString('en') : `${(this.#tokens / 1e6).toFixed(1)} million`;
    return `in ${time}, ${tokens} source and target tokens${this.#from > 0 ? ` since step ${this.#from}` : ''}`;
  }
}

/** Untrained models never end. */
function clip(text: string): string {
  const characters = [...text];
  return characters.length <= WIDTH ? text : `${characters.slice(0, WIDTH - 1).join('')}…`;
}

const LABELS = { vocabulary: 'vocabulary', encode: 'encode', compile: 'compiling kernels' } as const;
