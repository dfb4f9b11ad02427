/** What is drawn of a graph, as SVG: members by the shape and the colour of their class, ties by how much attention goes over them. */

type Attributes = Readonly<Record<string, string | number>>;

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** Radius of a member, px. */
export const RADIUS = 12;

const polygon = (sides: number, turn: number, radius: number): string => {
  const corners = Array.from({ length: sides }, (_, k) => {
    const angle = turn + (2 * Math.PI * k) / sides;
    return `${(radius * Math.cos(angle)).toFixed(1)} ${(radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${corners.join('L')}Z`;
};

/** The outline of a member of a class, around 0 0. */
export function shapeOf(label: number | null, radius = RADIUS): string {
  const r = radius;
  if (label === 1) return polygon(4, Math.PI / 4, 1.3 * r);
  if (label === 2) return polygon(3, -Math.PI / 2, 1.45 * r);
  if (label === 3) return polygon(4, 0, 1.4 * r);
  return `M${-r} 0A${r} ${r} 0 1 1 ${r} 0A${r} ${r} 0 1 1 ${-r} 0Z`;
}

/** A band between two places whose ends are as wide as said. */
export function bandBetween(
  a: { readonly x: number; readonly y: number },
  b: { readonly x: number; readonly y: number },
  wideA: number,
  wideB: number,
  bend: { readonly x: number; readonly y: number } | null = null,
): string {
  const far = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [nx, ny] = [(a.y - b.y) / far / 2, (b.x - a.x) / far / 2];
  const corner = (p: { x: number; y: number }, by: number): string =>
    `${(p.x + nx * by).toFixed(1)} ${(p.y + ny * by).toFixed(1)}`;
  const line = (to: string): string => (bend ? `Q${bend.x.toFixed(1)} ${bend.y.toFixed(1)} ${to}` : `L${to}`);
  return `M${corner(a, wideA)}${line(corner(b, wideB))}L${corner(b, -wideB)}${line(corner(a, -wideA))}Z`;
}

/** A class as a small mark beside its name. */
export function swatch(label: number | null): SVGSVGElement {
  const mark = svg('svg', { class: 'swatch', viewBox: '-9 -9 18 18', 'aria-hidden': 'true' });
  mark.append(svg('path', { d: shapeOf(label, 6), class: `class-${label ?? 'none'}` }));
  return mark;
}
