import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const css = readFileSync(join(import.meta.dirname, '../../views/assets/zenfra.css'), 'utf8');

type Theme = 'light' | 'dark';
const themes: Theme[] = ['light', 'dark'];
const sixteen = Array.from({ length: 16 }, (_, index) => index);

/** What stands in a rule, such as `color` of `.fg1`. */
function declared(selector: string, property: string): string {
  const rule = new RegExp(
    `(?:^|[},]\\s*)${selector.replaceAll('.', '\\.')}(?:,[^{}]*)?\\s*\\{[^}]*?[{;\\s]${property}:\\s*([^;]+);`,
    'm',
  );
  const value = rule.exec(css)?.[1];
  if (value === undefined) throw new Error(`The style sheet has no ${property} for ${selector}`);
  return value;
}

/** Red, green and blue of a colour of the style sheet. */
function colorOf(value: string, theme: Theme): number[] {
  const variable = /^var\((--[a-z-]+)\)$/.exec(value)?.[1];
  if (variable !== undefined) return colorOf(declared(':root', variable), theme);
  const pair = /^light-dark\((.+), (.+)\)$/.exec(value);
  const hex = (theme === 'light' ? pair?.[1] : pair?.[2]) ?? value;
  const digits = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/.test(hex) ? hex.slice(1) : undefined;
  if (digits === undefined) throw new Error(`${value} is no colour that this test can read`);
  const wide = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  return [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16));
}

/** As WCAG 2.2 defines it: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(rgb: number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: number[], b: number[]): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

interface Named {
  name: string;
  value: string;
}

const inLines: Named[] = [
  ...sixteen.map((index) => ({ name: `.fg${index}`, value: declared(`.fg${index}`, 'color') })),
  ...['--text', '--mute', '--link'].map((name) => ({ name, value: `var(${name})` })),
];
const numbers: Named[] = [
  { name: 'a line’s number', value: declared('.log .n', 'color') },
  { name: 'an error’s number', value: declared('.log .error::before', 'color') },
  { name: 'a warning’s number', value: declared('.log .warning::before', 'color') },
];
const lines: Named[] = [
  { name: 'the log', value: 'var(--log)' },
  { name: 'a chosen line', value: declared('.log .on::before', 'background') },
  { name: 'a hit', value: declared('.log .now::before', 'background') },
];
const coloured = sixteen.map((index) => ({ name: `.bg${index}`, value: declared(`.bg${index}`, 'background') }));

function pairs(texts: Named[], grounds: Named[]): { text: Named; ground: Named }[] {
  return texts.flatMap((text) => grounds.map((ground) => ({ text, ground })));
}

for (const theme of themes) {
  test(`every colour of a log has a contrast of 4.5 on every ground it can stand on, in ${theme}`, () => {
    const poor = [...pairs(inLines, [...lines, ...coloured]), ...pairs(numbers, lines)]
      .map(({ text, ground }) => ({
        ratio: contrast(colorOf(text.value, theme), colorOf(ground.value, theme)),
        name: `${text.name} on ${ground.name}`,
      }))
      .filter(({ ratio }) => ratio < 4.5)
      .map(({ name, ratio }) => `${name}: ${ratio.toFixed(2)}`);
    assert.deepEqual(poor, []);
  });
}

test('the test can tell good from bad', () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert.ok(contrast(colorOf('#777', 'light'), colorOf('#fff', 'light')) < 4.5);
});
