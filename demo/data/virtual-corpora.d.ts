declare module 'virtual:corpus/*' {
  /** A text of the demo: fetch `url` when it is wanted. */
  export const corpus: {
    readonly name: string;
    readonly title: string;
    /** BCP 47. */
    readonly language: string;
    readonly source: string;
    readonly licence: string;
    readonly facts: import('../session/protocol').TextFacts;
    readonly url: string;
  };
}

declare module 'virtual:pairs/*' {
  /** Parallel data of the demo: fetch `url` when it is wanted, and read it with `readPairs`. */
  export const pairs: {
    readonly name: string;
    readonly title: string;
    /** BCP 47. */
    readonly languages: readonly [source: string, target: string];
    readonly source: string;
    readonly licence: string;
    /** For `splitPairs`. */
    readonly apart: 'source' | 'both';
    readonly count: number;
    readonly url: string;
  };
}
