/** An opaque id as GitHub's GraphQL has them: clients must not read anything into it. */
export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64');
}
