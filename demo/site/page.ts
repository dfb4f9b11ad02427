/** What a page of the site is to its frame, and the frame to it. */
import type { Notices } from './notices';
import type { Address } from './address';
import type { Engine } from './engine';
import type { FrameStrings } from './frame-strings';
import type { Both, Language } from './language';

/** A training, as the header tells of it on other pages. */
export interface RunStatus {
  readonly state: 'preparing' | 'training' | 'paused';
  readonly step: number;
  readonly loss: string;
}

/** What a page has of its frame. */
export interface SiteContext {
  readonly language: Language;
  /** The frame's own strings. */
  readonly frame: FrameStrings;
  readonly engine: Engine;
  readonly notices: Notices;
  /** The page's settings in its address. */
  readonly address: Address;
  /** The page is the one on view. */
  readonly onView: boolean;
  /** Tells of a training that goes on, also while another page is on view; null: none does. */
  showRun(run: RunStatus | null): void;
}

/** A page that was entered. It lives on, and hears of its session, while another one is on view. */
export interface PageView {
  /** What it computes with; where that cannot be, the frame says so. Null: it computes nothing. */
  readonly engine: { readonly session: unknown; loseDevice(): unknown } | null;
  /** Says everything anew: when it comes on view, and after a change of language or theme. */
  say(): void;
  /** The address has other settings than the page gave it: a link or the history led here. */
  arrive?(): void;
  /** Another page comes on view. */
  leave?(): void;
  /** Files were dropped, those of folders with their paths. Pages without it take none. */
  takeFiles?(files: readonly File[]): void;
}

/** What enter.ts of a page exports. */
export interface PageModule {
  readonly strings: Both<Readonly<Record<string, unknown>>>;
  /** Makes the page work; called once. Its elements are found by `byId` and `finder`. */
  enter(main: HTMLElement, context: SiteContext): PageView;
}
