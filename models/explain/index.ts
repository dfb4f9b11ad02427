/** Explanations of what classifiers say of texts, and whether they are faithful. An entry of its own. */
export {
  Explainer,
  EXPLANATIONS,
  type ExplainedToken,
  type ExplainOptions,
  type Explanation,
  type ExplanationMethod,
} from './explainer';
export { faithfulness, type Faithfulness, type FaithfulnessOptions } from './faithfulness';
export type { ExplainedModel } from './gradients';
