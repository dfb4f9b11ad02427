import { KernelError } from '../errors';
import type { KernelVariant } from './kernel';

/** GPUShaderStage.COMPUTE, spelled out: in Node only the entry point is handed in, no globals. */
const COMPUTE = 4;

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/**
 * Compiled kernels of one device. Compilation is asynchronous and runs in parallel; two requests for one variant
 * share the promise. Layouts are explicit: `layout: 'auto'` drops unused bindings and ties groups to one pipeline.
 */
export class PipelineCache {
  readonly #gpu: GPUDevice;
  /** By their text: names may be equal where kernels are not. */
  readonly #pipelines = new Map<string, Promise<CompiledKernel>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  /** Kernels that were asked for since all were ready, and those of them that are ready now. */
  #asked = 0;
  #ready = 0;
  /** See `DeviceOptions.onCompile`. */
  onCompile: ((ready: number, asked: number) => void) | null = null;
  /** Group 1 of every kernel that uses it: the replay's `Step` uniform. */
  readonly stepLayout: GPUBindGroupLayout;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
    this.stepLayout = gpu.createBindGroupLayout({
      label: 'step',
      entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: 'uniform' } }],
    });
  }

  /** Number of variants compiled or being compiled. */
  get size(): number {
    return this.#pipelines.size;
  }

  get(variant: KernelVariant): Promise<CompiledKernel> {
    let compiled = this.#pipelines.get(variant.code);
    if (!compiled) {
      compiled = this.#compile(variant);
      this.#pipelines.set(variant.code, compiled);
      compiled.catch(() => this.#pipelines.delete(variant.code)); // the reason may pass, such as a want of memory
    }
    return compiled;
  }

  #layout(variant: KernelVariant): GPUBindGroupLayout {
    const entries = variant.bindings.map(({ index, access }) => ({
      binding: index,
      visibility: COMPUTE,
      buffer: {
        type: ({ read: 'read-only-storage', read_write: 'storage', uniform: 'uniform' } as const)[access],
      },
    }));
    const key = entries.map((e) => `${e.binding}:${e.buffer.type}`).join(' ');
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.#gpu.createBindGroupLayout({ label: key, entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  async #compile(variant: KernelVariant): Promise<CompiledKernel> {
    this.#asked++;
    try {
      return await this.#make(variant);
    } finally {
      const [ready, asked] = [++this.#ready, this.#asked];
      if (ready === asked) this.#ready = this.#asked = 0;
      this.onCompile?.(ready, asked);
    }
  }

  async #make(variant: KernelVariant): Promise<CompiledKernel> {
    const gpu = this.#gpu;
    const layout = this.#layout(variant);
    gpu.pushErrorScope('validation');
    const module = gpu.createShaderModule({ label: variant.label, code: variant.code });
    const scope = gpu.popErrorScope().catch(() => null); // device lost
    try {
      const pipeline = await gpu.createComputePipelineAsync({
        label: variant.label,
        layout: gpu.createPipelineLayout({
          label: variant.label,
          bindGroupLayouts: variant.usesStep ? [layout, this.stepLayout] : [layout],
        }),
        compute: { module, entryPoint: 'main' },
      });
      await scope;
      return { pipeline, layout };
    } catch (error) {
      await scope;
      throw await explain(variant, module, error);
    }
  }
}

/** Turns compiler messages into file:line plus the offending line of WGSL. */
async function explain(
  variant: KernelVariant,
  module: GPUShaderModule,
  cause: unknown,
): Promise<KernelError> {
  const source = variant.code.split('\n');
  const info = await module.getCompilationInfo().catch(() => null); // device lost
  const errors = info?.messages.filter((m) => m.type === 'error') ?? [];
  const told = errors.map((m) => {
    const file = [...variant.lines].reverse().find((l) => l.first <= m.lineNum);
    const line = file ? m.lineNum - file.first + 1 : m.lineNum;
    return `${file?.path ?? variant.kernel}:${line}:${m.linePos} ${m.message}\n    ${source[m.lineNum - 1]?.trim() ?? ''}`;
  });
  const what = told.length > 0 ? `does not compile\n  ${told.join('\n  ')}` : `no pipeline: ${String(cause)}`;
  return new KernelError(variant.label, what, '', { cause });
}
