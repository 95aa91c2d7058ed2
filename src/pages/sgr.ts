/** How text looks after the SGR sequences so far. Colours are 0–15, as terminals number them. */
export interface SgrStyle {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly inverse: boolean;
  readonly foreground: number | null;
  readonly background: number | null;
}

export const noStyle: SgrStyle = {
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
  foreground: null,
  background: null,
};

const plainCodes: Record<number, Partial<SgrStyle>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { foreground: null },
  49: { background: null },
};

/** Applies the parameters of one `CSI … m`, such as `1;31`. Codes that we do not know change nothing. */
export function applySgr(style: SgrStyle, parameters: string): SgrStyle {
  let next = style;
  const groups = parameters.split(';');
  for (let at = 0; at < groups.length; at += 1) {
    const [code = 0, ...sub] = (groups[at] ?? '').split(':').map(Number);
    // 58 colours an underline, which has no class: what stands after it are its colour's numbers and no codes.
    if (code !== 38 && code !== 48 && code !== 58) {
      next = code === 4 && sub[0] === 0 ? { ...next, underline: false } : applyCode(next, code);
      continue;
    }
    const values = sub.length > 0 ? sub : groups.slice(at + 1, at + 5).map(Number);
    if (sub.length === 0) at += values[0] === 2 ? 4 : values[0] === 5 ? 2 : 0;
    const color = readColor(values);
    if (color !== null && code !== 58) next = { ...next, [code === 38 ? 'foreground' : 'background']: color };
  }
  return next;
}

/** The classes of a style, such as `bold fg1`; the style sheet gives each its colour in both themes. */
export function styleClasses(style: SgrStyle): string {
  const flags = (['bold', 'dim', 'italic', 'underline', 'strike', 'inverse'] as const).filter((flag) => style[flag]);
  const colors = [
    style.foreground === null ? '' : `fg${style.foreground}`,
    style.background === null ? '' : `bg${style.background}`,
  ];
  return [...flags, ...colors.filter((color) => color !== '')].join(' ');
}

function applyCode(style: SgrStyle, code: number): SgrStyle {
  if (code === 0) return noStyle;
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  return { ...style, ...plainCodes[code] };
}

/** `5;n` or `2;r;g;b` (with an empty colour space in the colon form), brought down to the sixteen that have a class. */
function readColor(values: number[]): number | null {
  const [kind, ...rest] = values;
  if (kind === 5) return fromPalette(rest[0] ?? Number.NaN);
  if (kind !== 2) return null;
  const [red = 0, green = 0, blue = 0] = rest.length > 3 ? rest.slice(-3) : rest;
  return nearest(red, green, blue);
}

function fromPalette(index: number): number | null {
  if (!Number.isInteger(index) || index < 0 || index > 255) return null;
  if (index < 16) return index;
  if (index >= 232) return nearest(...greyOf(index));
  const cube = index - 16;
  const level = (digit: number) => (digit === 0 ? 0 : 55 + digit * 40);
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function greyOf(index: number): [number, number, number] {
  const level = (index - 232) * 10 + 8;
  return [level, level, level];
}

function nearest(red: number, green: number, blue: number): number {
  const brightest = Math.max(red, green, blue);
  if (brightest < 64) return 0;
  const half = brightest / 2;
  const hue = (red > half ? 1 : 0) | (green > half ? 2 : 0) | (blue > half ? 4 : 0);
  if (hue === 7) return brightest > 220 ? 15 : brightest > 150 ? 7 : 8;
  return brightest > 220 ? hue + 8 : hue;
}
