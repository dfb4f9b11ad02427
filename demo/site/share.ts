import type { FrameStrings } from './frame-strings';
import type { Notices } from './notices';

/** Hands the address of what is on view to the system where that is the custom, on phones; copies it elsewhere. */
export async function share(notices: Notices, strings: FrameStrings): Promise<void> {
  const { href: url } = location;
  const phone = matchMedia('(pointer: coarse)').matches && 'share' in navigator;
  try {
    if (phone) return await navigator.share({ title: document.title, url });
    await navigator.clipboard.writeText(url);
    notices.news(strings.shared);
  } catch (error) {
    if ((error as Error).name !== 'AbortError') notices.error(strings.notShared);
  }
}
