import { visibleText } from '../../src/plan/visible-text.ts';

const onlyAscii = /^[\n\t\x20-\x7e]*$/;

/**
 * Text that others chose (branches, file names, plan values), shown so that it cannot pose as something else: escaped
 * by JSX (a string that a component returns too), isolated from its surroundings' direction, and with direction overrides made visible.
 */
export function Shown({ text }: { text: string }) {
  return onlyAscii.test(text) ? text : <bdi>{visibleText(text)}</bdi>;
}

/** `1 resource`, `2 resources`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
