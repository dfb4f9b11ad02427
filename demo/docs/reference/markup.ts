/** Pages of the reference as markup. For Node. */
import { escape } from '../../frame/prerender.ts';
import { REFERENCE, type ReferencePage } from '../../site/reference.ts';
import { ADDRESSES } from '../../site/pages.ts';
import { docMarkup, firstSentence } from './prose.ts';
import type { Code } from './code.ts';
import type { Doc } from './docstring.ts';
import type { Member } from './members.ts';
import { addressIn, idOf, type Names, type Target } from './names.ts';
import type { Item } from './read.ts';

/** From a page of the reference to its root. */
const ROOT = '../';

const link = (target: Target, text: string): string =>
  `<a href="${addressIn(ROOT, target)}">${escape(text)}</a>`;

const inline = (code: Code): string =>
  code.map(({ text, to }) => (to ? link(to, text) : escape(text))).join('');

const block = (codes: readonly Code[]): string =>
  `<pre class="code"><code>${codes.map(inline).join('\n')}</code></pre>`;

/** Text and errors of a name, or of a member of it, where names of its own members come first. */
function described(item: Item, doc: Doc, names: Names): string {
  const find = (code: string): string | null => {
    const { name, page, members } = item;
    const own = members.find((member) => member.name === code && member.doc !== doc);
    if (own) return `#${idOf({ name, member: own.name })}`;
    const found = names.find(code, page.entry);
    return found && addressIn(ROOT, found);
  };
  const said = doc.throws.map((text) => docMarkup(`Throws ${text}`, find)).join('');
  const unsaid = doc.errors.filter((name) => ![doc.text, ...doc.throws].some((text) => text.includes(name)));
  const errors = unsaid.map((name) => {
    const to = names.find(name);
    return to ? link(to, name) : escape(name);
  });
  const also = errors.length ? `<p class="errors">Errors: ${errors.join(', ')}.</p>` : '';
  return `${docMarkup(doc.text, find)}${said}${also}`;
}

function memberMarkup(item: Item, member: Member, names: Names): string {
  const id = idOf({ name: item.name, member: member.name });
  const code = member.code.map((one) => `<code>${inline(one)}</code>`).join('');
  const text = described(item, member.doc, names);
  return `<li id="${id}">${code}${text ? `<div>${text}</div>` : ''}</li>`;
}

/** What arguments are where they are left out, and what options they take. */
function argumentsMarkup(item: Item, items: readonly Item[]): string {
  const rows = item.arguments.flatMap(({ name, type, optional, initial }) => {
    const [only, ...rest] = type.filter(({ text }) => text.trim() !== '');
    const options =
      only?.to && rest.length === 0
        ? items.find(
            (one) =>
              one.kind === 'interface' &&
              !one.described &&
              one.page === only.to!.page &&
              one.name === only.to!.name,
          )
        : undefined;
    const fields = options && /Options|Config|Input|Settings/.test(options.name) ? options : null;
    if (!fields && !optional) return [];
    const value =
      initial !== null && initial !== '{}'
        ? ` Default <code>${escape(initial)}</code>.`
        : optional
          ? ' May be left out.'
          : '';
    const words = fields?.members.map(({ name: member }) => {
      const target = { page: fields.page, name: fields.name, member };
      return `<a href="${addressIn(ROOT, target)}"><code>${escape(member)}</code></a>`;
    });
    return [
      `<dt><code>${escape(name)}</code></dt><dd>${(words ?? []).join(', ')}${words?.length ? '.' : ''}${value}</dd>`,
    ];
  });
  return rows.length ? `<dl class="arguments">${rows.join('')}</dl>` : '';
}

function itemMarkup(item: Item, items: readonly Item[], names: Names): string {
  const { name, kind, file, doc, described: elsewhere } = item;
  const source = ADDRESSES.code ? `<a href="${ADDRESSES.code}/blob/main/${file}">${file}</a>` : file;
  const head = `<h2>${escape(name)}</h2><p class="kind">${kind} · ${source}</p>`;
  if (elsewhere) {
    const where = `${elsewhere.page.entry}: ${elsewhere.name}`;
    return `<section id="${name}" data-name="${name}">${head}<p>The same as ${link(elsewhere, where)}.</p></section>`;
  }
  const inherited = item.inherited.map(({ from, names: all }) => {
    const links = all.map((member) => link({ ...from, member }, member));
    return `<p class="inherited">From ${link(from, from.name)}: ${links.join(', ')}.</p>`;
  });
  const types = item.unexported.length
    ? `<details><summary>Types named here</summary>${block(item.unexported)}</details>`
    : '';
  const members = item.members.map((member) => memberMarkup(item, member, names)).join('');
  return `<section id="${name}" data-name="${name}">${head}${block(item.code)}${described(item, doc, names)}${argumentsMarkup(item, items)}${
    members ? `<ul class="members">${members}</ul>` : ''
  }${inherited.join('')}${types}</section>`;
}

const FINDER = `
  <label class="field finder"><span class="name" data-string="find"></span
    ><input type="search" id="find" autocomplete="off" spellcheck="false" /></label>
  <p id="found" class="found" aria-live="polite"></p>`;

const byName = (a: Item, b: Item): number => a.name.localeCompare(b.name, 'en') || (a.name < b.name ? -1 : 1);
const on = (items: readonly Item[], page: ReferencePage): Item[] =>
  items.filter((item) => item.page === page).sort(byName);

/** A page of names, with what each is. */
export function pageMarkup(page: ReferencePage, items: readonly Item[], names: Names): string {
  const own = on(items, page);
  const index = own.map(({ name }) => `<li data-name="${name}"><a href="#${name}">${name}</a></li>`).join('');
  return `<p><code>import { … } from '${page.entry}'</code></p>${FINDER}
    <ul class="index" id="index">${index}</ul>
    <div id="items">${own.map((item) => itemMarkup(item, items, names)).join('\n')}</div>`;
}

/** The list of all pages and names. */
export function indexMarkup(items: readonly Item[]): string {
  const pages = REFERENCE.map((page) => {
    const rows = on(items, page).map(({ name, doc }) => {
      const summary = firstSentence(doc.text);
      return `<li data-name="${name}"><a href="./${page.name}/#${name}">${name}</a> <span>${summary}</span></li>`;
    });
    return `<section><h2><a href="./${page.name}/">${escape(page.title.en)}</a></h2>
      <p>${escape(page.description.en)} <code>import { … } from '${page.entry}'</code></p>
      <ul class="names">${rows.join('')}</ul></section>`;
  });
  return `${FINDER}<div id="items">${pages.join('\n')}</div>`;
}
