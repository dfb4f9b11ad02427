declare module 'virtual:corpus/*' {
  /** A text of the demo: fetch `url` when it is wanted. */
  export const corpus: {
    readonly name: string;
    readonly title: string;
    /** BCP 47. */
    readonly language: string;
    readonly source: string;
    readonly licence: string;
    readonly characters: number;
    readonly url: string;
  };
}
