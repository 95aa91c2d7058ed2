/**
 * Takes out of a text what differs from one time to the next: addresses, ids, commits, times, sizes and the engine's
 * version. Ids and commits become numbers in the order in which they appear, so that it still shows which is which.
 */
export function plain(text: string, origins: Record<string, string>): string {
  let result = text;
  for (const [origin, name] of Object.entries(origins)) result = result.replaceAll(origin, name);
  const shas = [...new Set(result.match(/\b[0-9a-f]{40}\b/g))];
  for (const [index, sha] of shas.entries()) result = result.replaceAll(sha, `‹commit ${index + 1}›`);
  const short = new Map(shas.map((sha, index) => [sha.slice(0, 7), `‹commit ${index + 1}›`]));
  const uuids = [...new Set(result.match(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g))];
  for (const [index, uuid] of uuids.entries()) result = result.replaceAll(uuid, `‹id ${index + 1}›`);
  return result
    .replace(/\b[0-9a-f]{7}\b/g, (found) => short.get(found) ?? found)
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://‹elsewhere›')
    .replace(/(?<=comment:)\d+/g, '‹comment›')
    .replace(/\b\d\d:\d\d\b(?=\))/g, '‹time›')
    .replace(/(?<=(?:·|in|after) )(?:\d+h )?(?:\d+m )?\d+s\b/g, '‹time›')
    .replace(/\b\d+ms\b/g, '‹time›')
    .replace(/\b[\d.]+ (?:B|kB|MB)\b/g, '‹size›')
    .replace(/\b(?:Terraform|OpenTofu) \d+\.\d+\.\d+\b/g, '‹engine›');
}
