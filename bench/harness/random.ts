/** Numbers that are the same in every run, for inputs. */

/** Uniform below 1: a linear congruence (Press et al., Numerical Recipes). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A sine too coarsely sampled to look like one, between -1 and 1. */
export const noise = (n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898 + 4));
