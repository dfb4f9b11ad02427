/** Kinds of kernels that have several rungs; `fewRows`: products of at most four rows, as writing has them. */
export const RUNG_KINDS = ['matmul', 'fewRows', 'attention'] as const;
/** See `RUNG_KINDS`. */
export type RungKind = (typeof RUNG_KINDS)[number];

/**
 * Rungs of one kind: `quads` for CPUs that pretend to be GPUs, tiles that are `small` where lanes have few registers, and else
 * `large`.
 */
export const RUNG_NAMES = ['quads', 'small', 'large'] as const;
/** See `RUNG_NAMES`. */
export type RungName = (typeof RUNG_NAMES)[number];

/** By kind; a kind that is left out has its rung by what the adapter is. */
export type Rungs = Readonly<Partial<Record<RungKind, RungName>>>;

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
  /** Rungs that were measured, or set by hand: `tuneDevice`, `Device.setRungs`. Default: none. */
  readonly rungs?: Rungs;
  /** Largest storage binding, in a buffer of its own, bytes. */
  readonly maxBinding: number;
  /** Workgroup memory, bytes. */
  readonly maxWorkgroupMemory: number;
  /** Invocations per workgroup. */
  readonly maxInvocations: number;
  /** Floating-point operations that one dispatch should take at most. */
  readonly dispatchFlops: number;
}

/** The rung of an adapter whose kernels were not measured. */
export function usualRung({ software, manyRegisters }: Capabilities): RungName {
  return software ? 'quads' : manyRegisters ? 'large' : 'small';
}

/** The capabilities by which kernels of a kind are to be chosen: the device's own, but of the rung that is set. */
export function rungOf(can: Capabilities, kind: RungKind): Capabilities {
  const rung = can.rungs?.[kind];
  if (rung === undefined || rung === usualRung(can)) return can;
  return { ...can, software: rung === 'quads', manyRegisters: rung === 'large' };
}
