import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import { labelsIn, type Json, type Names } from '../pretrained_config';
import type { VisionEncoder, VisionEncoderParts } from '../vision_encoder';
import { PooledVisionEncoder, VisionClassifier } from '../vision_heads';
import { vitParts, type CompleteViTConfig } from '../vit';
import { problemIn } from './encoder_heads';
import { vitConfig, vitWeights } from './vision_map';

const partsOf = (json: Json, file: Names): VisionEncoderParts<CompleteViTConfig> =>
  vitParts(vitConfig(json, file));

const weights = (model: VisionEncoder): WeightMap => {
  const own = vitWeights(model, 'vit.', 'cls_token');
  return {
    ...own,
    tensors: { ...own.tensors, 'classifier.output.{weight,bias}': 'classifier.{weight,bias}' },
  };
};

/** ViT with a head for classes of images, or numbers: `ViTForImageClassification` (Dosovitskiy et al. 2021). */
export const vitForImageClassification: Family<VisionClassifier<CompleteViTConfig>> = {
  ...{ type: 'vit', title: 'ViT', architectures: ['ViTForImageClassification'], weights },
  build: (json, file) =>
    new VisionClassifier(partsOf(json, file), { labels: labelsIn(json), problem: problemIn(json) }),
};

/** ViT without a head but the pooler: `ViTModel`. */
export const vitModel: Family<PooledVisionEncoder<CompleteViTConfig>> = {
  ...{ type: 'vit', title: 'ViT', architectures: ['ViTModel'], weights },
  build: (json, file) => new PooledVisionEncoder(partsOf(json, file)),
};
