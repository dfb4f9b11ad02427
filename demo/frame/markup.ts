/** The parts of the frame that are the same on every page, as markup; texts are filled in by `prerender`. */
import {
  ADDRESSES,
  GROUPS,
  PAGES,
  PARTS,
  SITE_NAME,
  titleOf,
  type GroupName,
  type SitePage,
} from '../site/pages.ts';
import { escape } from './prerender.ts';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%23a8361f'/%3E%3Cpath d='M4.5 3.5v9M4.5 8h7M11.5 3.5v9' stroke='%23fff' stroke-width='1.8' fill='none'/%3E%3C/svg%3E";

/** From a page to the site's root. */
export const rootFrom = ({ path }: SitePage): string => '../'.repeat(path.split('/').length - 1) || './';

/** Before the first paint: a chosen theme does not flash, nor does English where Chinese is read. */
const FIRST = `{
  const root = document.documentElement;
  root.classList.add('js');
  let language = null;
  try {
    root.dataset.theme = localStorage.getItem('heed.theme') ?? '';
    language = localStorage.getItem('heed.language');
  } catch {}
  if (/^zh\\b/i.test(language ?? navigator.language)) root.dataset.first = 'zh';
}`;

function head(page: SitePage): string {
  const title = titleOf(page).en;
  const description = page.description.en;
  const preview: Record<string, string> = {
    'og:type': 'website',
    'og:site_name': SITE_NAME,
    'og:title': page.path === '' ? page.heading.en : title,
    'og:description': description,
    'og:locale': 'en',
    'og:locale:alternate': 'zh_CN',
    ...(ADDRESSES.site !== '' && {
      'og:url': `${ADDRESSES.site}${page.path}`,
      'og:image': `${ADDRESSES.site}preview.png`,
    }),
  };
  return `
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${escape(title)}</title>
    <meta name="description" content="${escape(description)}" />
    ${Object.entries(preview)
      .map(([name, content]) => `<meta property="${name}" content="${escape(content)}" />`)
      .join('\n    ')}
    <link rel="icon" href="${ICON}" />
    <script>${FIRST}</script>
    <link rel="stylesheet" href="/style/page.css" />
    <script type="module" src="/site/shell.ts"></script>`;
}

function header(page: SitePage): string {
  const root = rootFrom(page);
  const groups = (Object.keys(GROUPS) as GroupName[]).flatMap((group) => {
    const first = PAGES.find((one) => one.group === group);
    if (!first) return [];
    const current = group === page.group ? ' aria-current="true"' : '';
    return [
      `<a href="${root}${first.path}" data-group="${group}" data-string="group ${group}"${current}></a>`,
    ];
  });
  const links = (['code', 'package'] as const)
    .filter((name) => ADDRESSES[name])
    .map((name) => `<a href="${ADDRESSES[name]}" data-string="${name}"></a>`);
  return `
    <a class="skip" href="#content" data-string="skip"></a>
    <header class="masthead">
      <a class="brand" href="${root}" data-group="home">${SITE_NAME}</a>
      <nav class="pages" data-label="pages">
        ${groups.join('\n        ')}
      </nav>
      <div class="running-now"><a class="run" id="run" href="${root}" hidden></a></div>
      <details class="gpu" id="gpu" hidden>
        <summary><span class="dot"></span><span id="gpu-state"></span></summary>
        <p id="adapter"></p>
      </details>
      <div class="switches">
        ${links.join('\n        ')}
        <button type="button" class="quiet" id="language" lang="zh-Hans">中文</button>
        <button type="button" class="quiet icon" id="theme" data-label="toDark"></button>
      </div>
    </header>
    <noscript><p class="missing" data-string="noScript"></p></noscript>
    <div id="missing" class="missing" role="alert" hidden></div>
    <div id="notices" class="notices" aria-live="polite"></div>`;
}

/** The pages of a group, or those that one of them lists, itself first. */
function besideOf({ group, under }: SitePage): readonly Pick<SitePage, 'path'>[] {
  if (!group) return [];
  if (under !== undefined) return PAGES.filter((page) => page.path === under || page.under === under);
  return [...PAGES.filter((page) => page.group === group && !page.under), ...(PARTS[group] ?? [])];
}

/** The pages beside it, where there are several; the h1; what the page is for. */
function title(page: SitePage): string {
  const root = rootFrom(page);
  const beside = besideOf(page);
  const links = beside.map(({ path }) => {
    const current = path === page.path ? ' aria-current="page"' : '';
    return `<a href="${root}${path}" data-string="name ${path}"${current}></a>`;
  });
  const siblings =
    links.length > 1 ? `<nav class="siblings" data-label="siblings">${links.join('\n        ')}</nav>` : '';
  return `
      <div class="title" id="content" tabindex="-1">
        ${siblings}
        <div class="title-row">
          <h1 data-string="heading"></h1>
          <button type="button" class="share quiet" data-string="shareLink"></button>
        </div>
        <p class="lead" data-string="description"></p>
      </div>`;
}

function next(page: SitePage): string {
  return `
      <nav class="next" data-label="nextPage">
        <a href="${rootFrom(page)}${page.next}"
          ><small data-string="nextPage"></small> <span data-string="heading ${page.next}"></span></a>
      </nav>`;
}

const footer = (): string => `
    <footer class="colophon">
      <p data-string="licence"></p>
      <p data-string="browsers"></p>
    </footer>
    <p class="away" id="arrived" aria-live="polite"></p>
    <div class="drop" id="drop" aria-hidden="true"><p></p></div>`;

export const PARTS_OF_FRAME: Readonly<Record<string, (page: SitePage) => string>> = {
  head,
  header,
  title,
  next,
  footer,
};
