/** Heed's public surface: all that models, pages and users import. */
export {
  DataError,
  DeviceError,
  EngineError,
  expectOneOf,
  expectOptions,
  expectSeed,
  formatBytes,
  isSeed,
  KernelError,
  SEEDS,
  ShapeError,
  nearest,
  throwIfAborted,
  TrainingError,
} from './errors';
export type { Capabilities, RungKind, RungName, Rungs } from './runtime/capabilities';
export {
  tuneDevice,
  type RungReason,
  type RungTime,
  type TunedKind,
  type TuneOptions,
  type Tuning,
  type TuningStore,
} from './tuning/tune';
export { asHex, fnv1a, fnv1aOfText } from './hash';
export { Device, type AdapterInfo, type DeviceOptions } from './runtime/device';
export { sizeClass, type Ledger, type Storage } from './runtime/buffers';
export { defineKernel, type Kernel, type KernelVariant } from './runtime/kernel';
export { byCapability, type Constants, type Shader } from './runtime/shader';
export {
  Graph,
  linearGrid,
  type DispatchOptions,
  type Grid,
  type GraphOptions,
  type Sink,
} from './graph/graph';
export { imaginedDevice, LEAST_CAPABILITIES } from './graph/imagined';
export { estimate, ledgerBytes, type PlanMemory } from './graph/memory';
export { lookAt } from './graph/look';
export type { Looked, LookPart, LookRequest, Probe, RunInfo } from './graph/probe';
export type { Place } from './graph/slice';
export { IGNORE_INDEX, Plan, type Peaks, type PlanOptions, type ProfileRow } from './graph/plan';
export { Plans } from './graph/plans';
export type { Step } from './graph/step';
export { formatShape, sameShape, sizeOf, Tensor, type DType, type Shape, type Stored } from './graph/tensor';
export { eager } from './graph/eager';
export * from './shaders/index';
export { normal, ones, RandomStream, uniform, values, xavierUniform, zeros, type Init } from './nn/init';
export { inTodaysNames, type FormerNames } from './nn/former_names';
export { countParameters, Parameter, parameters, type ParameterOptions } from './nn/parameter';
export {
  ParameterStore,
  type Block,
  type ParameterStoreOptions,
  type WeightStorage,
  type LoadWeightsOptions,
} from './nn/parameter_store';
export { weightChanges } from './nn/changes';
export { packedOrNot, storeAs, WEIGHT_STORAGES } from './nn/packed_weights';
export { namePattern } from './nn/name_pattern';
export { poolRows, type Pooling } from './nn/pool_rows';
export { weightRanges, type WeightRange } from './nn/weight_layout';
export { piecesOf, type WeightPiece, type WeightReadOptions, type WeightSource } from './nn/weight_source';
export { Convolution, type ConvolutionConfig } from './nn/convolution';
export { Linear, type LinearForward, type LinearForwardOptions, type LinearOptions } from './nn/linear';
export { biasBut, type PartialBias } from './nn/partial_bias';
export { Embedding, type EmbeddingLayerOptions } from './nn/embedding';
export { LayerNorm, RMSNorm, type Norm } from './nn/norm';
export * from './nn/blocks/index';
export { adapt, type AdaptOptions } from './nn/adapters/adapt';
export type { Adapter } from './nn/adapters/adapter';
export type { AdapterPlace, MergeOptions, MergeReport } from './nn/adapters/merge';
export type * from './nn/adapters/addition';
export { lora, LoRA } from './nn/adapters/lora';
export type { LoRAOptions } from './nn/adapters/lora_options';
export { Prompt, prompt, ProjectedPrompt, type PromptOptions } from './nn/adapters/prompt';
export { Prefix, prefix, ProjectedPrefix, type PrefixOptions } from './nn/adapters/prefix';
export type { AttentionPlace, EmbeddingPlace, LinearPlace, Site, TextStart } from './nn/adapters/sites';
export * from './nn/positional/index';
export * from './nn/relative_attention';
export { isOutside, pathOf } from './io/file_name';
export { answered, askPatiently, passed, pauseBefore, reason } from './io/patience';
export * from './io/safetensors';
export { bytesOfElement } from './io/safetensors_header';
export * from './io/text';
export * from './io/tokenizer';
export { loadAdapter, saveAdapter } from './train/adapter_file';
export { averageWeights } from './train/average';
export { randomWindows, windows, type Batch, type BatchSource } from './train/batches';
export {
  checkpointInfo,
  isExtras,
  isTrainingState,
  WEIGHTS_FORMAT,
  type CheckpointExtras,
  type CheckpointInfo,
  type FitProgress,
} from './train/checkpoint';
export {
  Run,
  type Evaluation,
  type FitEvent,
  type FitOptions,
  type FitResult,
  type RunOptions,
  type SurviveOptions,
} from './train/fit';
export type { RecoveryOptions } from './train/recovery';
export { judge, type Monitor } from './train/monitor';
export {
  fastGradient,
  type Adversary,
  type FastGradientOptions,
  type Perturbation,
} from './train/adversarial';
export type { Rates } from './train/rates';
export { caption, type CaptionedImage, type CaptionModel, type CaptionOptions } from './train/caption';
export {
  classify,
  tag,
  type ClassifyOptions,
  type ClassOptions,
  type LabelledText,
  type TaggedText,
} from './train/classes';
export {
  ImageBatches,
  type ImageBatch,
  type ImageBatchOptions,
  type ImageModel,
  type LabelledImage,
  type PixelImage,
} from './train/image_batches';
export { maskedToken, type MaskedModel, type MaskedTokenOptions } from './train/masked_token';
export { regress, type ScoredText } from './train/regress';
export {
  contrast,
  pairedTexts,
  type ContrastOptions,
  type PairedText,
  type RowModel,
} from './train/contrast';
export { span, spanLoss, type AnsweredText } from './train/span';
export { TextBatches, type IdText, type TextBatch, type TextBatchOptions } from './train/text_batches';
export type { TextShape } from './train/length_buckets';
export { textObjective, type RecordedText, type TextInput, type TextModel } from './train/text_objective';
export { nextToken, type Feed, type Modelled, type Objective, type TrainableModel } from './train/objective';
export { AdamW, SGD, type AdamWOptions, type Optimizer, type SGDOptions } from './train/optimizer';
export {
  segmentedText,
  segments,
  type SegmentBatch,
  type SegmentModel,
  type SegmentSource,
} from './train/segments';
export { PauseSwitch } from './train/pause';
export { learningRate, scheduleOf, transformerSchedule, type Schedule } from './train/schedule';
export type { AveragedWeights } from './train/snapshots';
export { Trainer, type StepReport, type TrainerOptions } from './train/trainer';
