/** Whether a stack, by its definition as it is stored, leaves its state with the repository's own backend. */
export function isExternal(definition: unknown): boolean {
  return typeof definition === 'object' && definition !== null && Reflect.get(definition, 'state') === 'external';
}
