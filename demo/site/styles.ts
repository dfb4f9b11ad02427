/** The style sheets of the page on view: those that its markup names, and no other page's. */
export class Styles {
  /** Scripts add sheets of their own, which stay. */
  #present = linksOf(document);

  /** Loads what a page's markup names. What is returned puts it in force, and takes away what the page before had. */
  async load(markup: Document): Promise<() => void> {
    const wanted = linksOf(markup);
    const links = wanted.map((link) => this.#present.find(({ href }) => href === link.href) ?? fresh(link));
    await Promise.all(links.filter((link) => !link.isConnected).map(loaded));
    return () => {
      for (const link of this.#present) if (!links.includes(link)) link.remove();
      for (const link of links) {
        if (!link.isConnected) document.head.append(link);
        link.media = 'all';
      }
      this.#present = links;
    };
  }
}

const linksOf = (page: Document): HTMLLinkElement[] => [
  ...page.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]'),
];

const fresh = ({ href }: HTMLLinkElement): HTMLLinkElement =>
  Object.assign(document.createElement('link'), { rel: 'stylesheet', href, media: 'not all' });

/** It is fetched, and not in force yet. A sheet that cannot be fetched is not waited for. */
function loaded(link: HTMLLinkElement): Promise<void> {
  return new Promise((resolve) => {
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => resolve());
    document.head.append(link);
  });
}
