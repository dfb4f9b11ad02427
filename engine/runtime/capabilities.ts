/** What kernels may choose their variants by. */
export interface Capabilities {
  /** `shader-f16`: 16-bit storage. */
  readonly f16: boolean;
  readonly subgroups: { readonly min: number; readonly max: number } | null;
  /** `timestamp-query`: per-kernel GPU times. */
  readonly timestamps: boolean;
  /** A CPU pretends to be a GPU (SwiftShader, lavapipe, WARP): other tiles are fast there. */
  readonly software: boolean;
  /**
   * A GPU's lanes have registers for tiles of 64 numbers each. Where subgroups may have fewer than 32 lanes (Intel, Mali),
   * compilers spill them.
   */
  readonly manyRegisters: boolean;
  /** Largest storage binding, in a buffer of its own, bytes. */
  readonly maxBinding: number;
  /** Workgroup memory, bytes. */
  readonly maxWorkgroupMemory: number;
  /** Invocations per workgroup. */
  readonly maxInvocations: number;
  /** Floating-point operations that one dispatch should take at most. */
  readonly dispatchFlops: number;
}
