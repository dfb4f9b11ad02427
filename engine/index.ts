/** Heed's public surface: all that models, pages and users import. */
export * from './errors';
export { Device, type AdapterInfo, type Capabilities, type DeviceOptions } from './runtime/device';
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
export { estimate, type PlanMemory } from './graph/memory';
export { AttentionMap, type AttentionEntropy } from './graph/attention_map';
export type { AttentionInfo, AttentionQuery, HeadChoice } from './graph/attention_probe';
export type { Probe } from './graph/probe';
export type { LookRequest, RunInfo } from './graph/replay';
export type { Place } from './graph/slice';
export { IGNORE_INDEX, Plan, type Peaks, type PlanOptions, type ProfileRow } from './graph/plan';
export type { Step } from './graph/step';
export { Tensor, type DType, type Shape, type Stored } from './graph/tensor';
export { eager } from './graph/eager';
export * from './shaders/index';
export { normal, ones, RandomStream, values, xavierUniform, zeros, type Init } from './nn/init';
export { countParameters, Parameter, parameters, type ParameterOptions } from './nn/parameter';
export {
  ParameterStore,
  type Block,
  type ParameterStoreOptions,
  type WeightSource,
} from './nn/parameter_store';
export { Linear, type LinearOptions } from './nn/linear';
export { Embedding } from './nn/embedding';
export { LayerNorm, RMSNorm } from './nn/norm';
export * from './nn/positional/index';
export * from './nn/relative_attention';
export * from './io/safetensors';
export * from './io/text';
export * from './io/tokenizer';
export { averageWeights } from './train/average';
export { randomWindows, windows, type Batch, type BatchSource } from './train/batches';
export {
  checkpointInfo,
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
  type Monitor,
} from './train/fit';
export { nextToken, type Feed, type Objective, type TrainableModel } from './train/objective';
export { AdamW, type AdamWOptions } from './train/optimizer';
export { PauseSwitch } from './train/pause';
export { learningRate, transformerSchedule, type Schedule } from './train/schedule';
export type { AveragedWeights } from './train/snapshots';
export {
  Trainer,
  type CommonTrainerOptions,
  type LanguageTrainerOptions,
  type ObjectiveTrainerOptions,
  type StepReport,
  type TrainerOptions,
} from './train/trainer';
