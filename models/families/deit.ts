import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import { labelsIn, type Json, type Names } from '../pretrained_config';
import type { VisionEncoder, VisionEncoderParts } from '../vision_encoder';
import { DistilledVisionClassifier, PooledVisionEncoder, VisionClassifier } from '../vision_heads';
import { vitParts, type CompleteViTConfig } from '../vit';
import { problemIn } from './encoder_heads';
import { vitConfig, vitWeights } from './vision_map';

/** ViT with a second row ahead of the patches. */
const partsOf = (json: Json, file: Names): VisionEncoderParts<CompleteViTConfig> =>
  vitParts({ ...vitConfig(json, file), tokens: 2 });

const headOf = (json: Json) => ({ labels: labelsIn(json), problem: problemIn(json) });

const weights = (model: VisionEncoder): WeightMap => {
  const own = vitWeights(model, 'deit.', '{cls_token,distillation_token}');
  const head = model instanceof DistilledVisionClassifier ? 'cls_classifier' : 'classifier';
  const heads = {
    'classifier.output.{weight,bias}': `${head}.{weight,bias}`,
    'distilled.output.{weight,bias}': 'distillation_classifier.{weight,bias}',
  };
  return { ...own, tensors: { ...own.tensors, ...heads } };
};

/** DeiT with a head for classes of images, or numbers: `DeiTForImageClassification` (Touvron et al. 2021). */
export const deitForImageClassification: Family<VisionClassifier<CompleteViTConfig>> = {
  ...{ type: 'deit', title: 'DeiT', architectures: ['DeiTForImageClassification'], weights },
  build: (json, file) => new VisionClassifier(partsOf(json, file), headOf(json)),
};

/** DeiT with the heads for labels and for a teacher's: `DeiTForImageClassificationWithTeacher`. */
export const deitForImageClassificationWithTeacher: Family<DistilledVisionClassifier<CompleteViTConfig>> = {
  ...{ type: 'deit', title: 'DeiT', architectures: ['DeiTForImageClassificationWithTeacher'], weights },
  build: (json, file) => new DistilledVisionClassifier(partsOf(json, file), headOf(json)),
};

/** DeiT without a head but the pooler: `DeiTModel`. */
export const deitModel: Family<PooledVisionEncoder<CompleteViTConfig>> = {
  ...{ type: 'deit', title: 'DeiT', architectures: ['DeiTModel'], weights },
  build: (json, file) => new PooledVisionEncoder(partsOf(json, file)),
};
