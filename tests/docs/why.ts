import type { Device, Tokenizer } from '../../engine/index';
import { Explainer, faithfulness, type ExplainedModel } from '../../models/explain/index';

/** The words of a text that decided its class, and whether such explanations hold for this model, by texts that it has not seen. */
export async function why(
  device: Device,
  { model, tokenizer }: { model: ExplainedModel; tokenizer: Tokenizer },
  text: string,
  held: readonly string[],
) {
  using explainer = new Explainer(device, model, tokenizer);
  const { target, tokens, gap } = await explainer.explain(text, { steps: 64 });
  const first = [...tokens].sort((a, b) => b.score - a.score).slice(0, 3);
  const { integratedGradients } = await faithfulness(explainer, held, { methods: ['integratedGradients'] });
  return { target, words: first.map((token) => token.text), gap, faithful: integratedGradients };
}
